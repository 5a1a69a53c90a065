import { openDump, readDumps } from '../lab/dump/index.js';

/* A process of its own, for its memory to be that of the reading: dump-read FILE */
const { signal } = new AbortController();
const began = performance.now();
const [dump] = await readDumps(openDump(process.argv[2] ?? '', signal), { signal });
const ms = performance.now() - began;
const stacks = dump?.stacks.length ?? 0;
const rss = process.resourceUsage().maxRSS * 1024;
process.stdout.write(JSON.stringify({ ms, rss, goroutines: dump?.goroutines ?? 0, stacks }));
