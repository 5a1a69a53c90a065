import { openCoreMemory } from '../lab/core/memory.js';
import { foldGoroutines } from '../lab/goruntime/fold.js';
import { layoutOf } from './layout.js';

/*
 * A process of its own that times the bulk pass alone, as the first thing that it does with the core: nothing is
 * compiled or cached by an earlier pass. Delve only tells the layout, before.
 */
const [, , dlv = '', exe = '', core = ''] = process.argv;
const { signal } = new AbortController();
const layout = await layoutOf({ dlv, exe, core }, signal);
const memory = openCoreMemory(core, exe);
const began = performance.now();
const folded = foldGoroutines(memory, layout, signal);
const ms = performance.now() - began;
const rss = process.resourceUsage().maxRSS * 1024;
process.stdout.write(JSON.stringify({ ms, goroutines: folded.total, stacks: folded.stacks.length, rss }));
