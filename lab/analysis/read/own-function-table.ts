import { type FunctionTable, readFunctionTable } from '../../core/function-table.js';
import type { CoreMemory } from '../../core/memory.js';
import { toLabError } from '../../errors.js';
import type { EvaluateGlobal } from '../../goruntime/fields.js';

/** The function table of a program with debug information; `undefined` where there are several, or it is not known. */
export async function ownFunctionTable(
  evaluate: EvaluateGlobal,
  memory: CoreMemory,
  signal: AbortSignal,
): Promise<FunctionTable | undefined> {
  const field = async (name: string) => await evaluate(`runtime.firstmoduledata.${name}`, signal);
  try {
    const [header, text, gofunc, next] = await Promise.all(['pcHeader', 'text', 'gofunc', 'next'].map(field));
    const table = header?.children[0]?.addr ?? 0;
    if (table === 0 || (next?.children[0]?.addr ?? 0) !== 0) return undefined;
    return readFunctionTable(memory, {
      header: table,
      text: Number(text?.value),
      gofunc: Number(gofunc?.value),
    });
  } catch (error) {
    if (signal.aborted || toLabError(error).code !== 'undecided') throw error;
    return undefined;
  }
}
