import { openCoreMemory } from '../lab/core/memory.js';
import { globalScope, smallLoad } from '../lab/delve/client.js';
import { launchDelveCore } from '../lab/delve/launch.js';
import { type RuntimeLayout, readRuntimeLayout } from '../lab/goruntime/layout.js';
import type { Files } from './delve-peer.js';

/** The layout of the runtime in a core, as Delve tells it. */
export async function layoutOf({ dlv, exe, core }: Files, signal: AbortSignal): Promise<RuntimeLayout> {
  using memory = openCoreMemory(core, exe);
  const load = { ...smallLoad, FollowPointers: false, MaxVariableRecurse: 2, MaxArrayValues: 1 };
  await using session = await launchDelveCore({ dlv, exe, core, startTimeoutMs: 60_000 }, signal);
  const evaluate = async (expression: string) => {
    const seen = await session.client.eval(globalScope, expression, { signal }, load);
    if (seen.kind === 'unreadable') throw new Error(seen.reason);
    return seen.variable;
  };
  return await readRuntimeLayout(evaluate, memory, signal);
}
