import { run as capture } from './capture.js';
import { run as dump } from './dump.js';
import { run as framing } from './framing.js';
import { run as hang } from './hang.js';
import { run as kit } from './kit.js';
import { run as crowd } from './million.js';
import { run as reproduce } from './reproduce.js';
import { run as servers } from './servers.js';
import { run as wrapped } from './wrapped.js';

/** Every benchmark, in the order in which they run. One new file and one line here. */
const benches: readonly { readonly name: string; readonly run: (signal: AbortSignal) => Promise<void> }[] = [
  { name: 'hang', run: hang },
  { name: 'framing', run: framing },
  { name: 'reproduce', run: reproduce },
  { name: 'crowd', run: crowd },
  { name: 'dump', run: dump },
  { name: 'kit', run: kit },
  { name: 'capture', run: capture },
  { name: 'servers', run: servers },
  { name: 'wrapped', run: wrapped },
];

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !benches.some((bench) => bench.name === name));
if (unknown.length > 0) {
  process.stderr.write(
    `unknown benchmark: ${unknown.join(', ')}; there is ${benches.map(({ name }) => name).join(', ')}\n`,
  );
  process.exit(64);
}
const interruption = new AbortController();
process.once('SIGINT', () => interruption.abort());
for (const { name, run } of benches) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  process.stdout.write(`# ${name}\n`);
  try {
    await run(interruption.signal);
  } catch (error) {
    if (!interruption.signal.aborted) throw error;
    process.stderr.write('interrupted\n');
    process.exitCode = 130;
    break;
  }
}
