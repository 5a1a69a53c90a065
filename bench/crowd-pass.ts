import { openCoreMemory } from '../lab/core/memory.js';
import { globalScope, smallLoad } from '../lab/delve/client.js';
import { launchDelveCore } from '../lab/delve/launch.js';
import { foldGoroutines } from '../lab/goruntime/fold.js';
import { readRuntimeLayout } from '../lab/goruntime/layout.js';

/*
 * A process of its own that times the bulk pass alone, as the first thing that it does with the core: nothing is
 * compiled or cached by an earlier pass. Delve only tells the layout, before.
 */
const [, , dlv = '', exe = '', core = ''] = process.argv;
const { signal } = new AbortController();
const memory = openCoreMemory(core, exe);
const load = { ...smallLoad, FollowPointers: false, MaxVariableRecurse: 2, MaxArrayValues: 1 };
const layout = await (async () => {
  await using session = await launchDelveCore({ dlv, exe, core, startTimeoutMs: 60_000 }, signal);
  const evaluate = async (expression: string) => {
    const seen = await session.client.eval(globalScope, expression, { signal }, load);
    if (seen.kind === 'unreadable') throw new Error(seen.reason);
    return seen.variable;
  };
  return await readRuntimeLayout(evaluate, memory, signal);
})();
const began = performance.now();
const folded = foldGoroutines(memory, layout, signal);
const ms = performance.now() - began;
const rss = process.resourceUsage().maxRSS * 1024;
process.stdout.write(JSON.stringify({ ms, goroutines: folded.total, stacks: folded.stacks.length, rss }));
