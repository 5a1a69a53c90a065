import { type DelveClient, globalScope, smallLoad } from '../../delve/client.js';
import type { CallOptions } from '../../delve/rpc.js';
import { LabError } from '../../errors.js';
import type { EvaluateNumber } from '../../goruntime/timers.js';

/** Two levels deep reaches `recvq.first` and `sched.pc`. */
export async function evaluateGlobal(client: DelveClient, expression: string, options: CallOptions) {
  const load = { ...smallLoad, FollowPointers: false, MaxVariableRecurse: 2, MaxArrayValues: 1 };
  const seen = await client.eval(globalScope, expression, options, load);
  if (seen.kind === 'value') return seen.variable;
  throw new LabError(`Delve cannot evaluate ${expression}: ${seen.reason}`, {
    code: 'undecided',
    hint: 'Pass the unstripped executable of the same build with --exe.',
  });
}

/** Evaluates package variables to numbers, as Delve knows them. */
export function numbersByDelve(client: DelveClient, options: CallOptions): EvaluateNumber {
  return async (expression) => {
    const seen = await client.eval(globalScope, expression, options, smallLoad);
    return seen.kind === 'value' && /^\d+$/.test(seen.variable.value)
      ? Number(seen.variable.value)
      : undefined;
  };
}
