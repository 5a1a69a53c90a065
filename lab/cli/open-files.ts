import { basename } from 'node:path';
import { LabError } from '../errors.js';
import type { Emit } from '../events.js';
import { errorNamed, type GivenInputs, type Inputs, openInputs } from '../unpack/inputs.js';
import { withPatience } from './progress.js';

/** Two plain files, of whatever a command line names. */
export async function openFiles(
  { core, ...given }: Omit<GivenInputs, 'core'> & { readonly core?: string | undefined },
  emit: Emit,
  signal: AbortSignal,
): Promise<Inputs> {
  if (core === undefined) {
    throw new LabError('a core file is needed, and the executable of its process', {
      code: 'usage',
      hint: 'npx lab analyze --exe FILE --core FILE (or --dump FILE, or --run DIR)',
    });
  }
  const onNote = (text: string) => emit({ type: 'note', text });
  return await withPatience(
    emit,
    { stage: 'analyze', text: `opening ${basename(core)}` },
    async (say) => await openInputs({ ...given, core }, { onProgress: say, onNote }, signal),
  );
}

/** Does the work; what it says of unpacked files is said in the words of whoever named them. */
export async function inTheirWords<T>({ named }: Pick<Inputs, 'named'>, work: () => Promise<T>): Promise<T> {
  try {
    return named(await work());
  } catch (error) {
    throw error instanceof LabError ? errorNamed(error, named) : error;
  }
}
