import { run as capture } from './capture.js';
import { run as day } from './day.js';
import { run as dump } from './dump.js';
import { run as framing } from './framing.js';
import { run as hang } from './hang.js';
import { run as kit } from './kit.js';
import { run as crowd } from './million.js';
import { run as reproduce } from './reproduce.js';
import { run as servers } from './servers.js';
import { run as triage } from './triage.js';
import { run as wrapped } from './wrapped.js';

/** What follows the names on the command line, beginning with its first option, is for the benchmarks. */
type Run = (signal: AbortSignal, options: readonly string[]) => Promise<void>;

/** Every benchmark, in the order in which they run. One new file and one line here. */
const benches: readonly { readonly name: string; readonly run: Run }[] = [
  { name: 'hang', run: hang },
  { name: 'framing', run: framing },
  { name: 'reproduce', run: reproduce },
  { name: 'crowd', run: crowd },
  { name: 'dump', run: dump },
  { name: 'kit', run: kit },
  { name: 'capture', run: capture },
  { name: 'servers', run: servers },
  { name: 'wrapped', run: wrapped },
  { name: 'day', run: day },
  { name: 'triage', run: triage },
];

const given = process.argv.slice(2);
const firstOption = given.findIndex((arg) => arg.startsWith('-'));
const wanted = firstOption < 0 ? given : given.slice(0, firstOption);
const options = given.slice(wanted.length);
const unknown = wanted.filter((name) => !benches.some((bench) => bench.name === name));
if (unknown.length > 0) {
  process.stderr.write(
    `unknown benchmark: ${unknown.join(', ')}; there is ${benches.map(({ name }) => name).join(', ')}\n`,
  );
  process.exit(64);
}
const interruption = new AbortController();
// One that stays: without any, execa ends this process at once, and leaves behind what it began.
process.on('SIGINT', () => interruption.abort());
for (const { name, run } of benches) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  process.stdout.write(`# ${name}\n`);
  try {
    await run(interruption.signal, options);
  } catch (error) {
    if (!interruption.signal.aborted) throw error;
    process.stderr.write('interrupted\n');
    process.exitCode = 130;
    break;
  }
}
