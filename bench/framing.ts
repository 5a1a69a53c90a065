import { jsonFramer } from '../lab/delve/framing.js';
import { median } from './statistics.js';

const segment = 1460; // bytes of a TCP segment on Ethernet
const rounds = 9;

/** Whether Delve's answers are read in time that grows with their size alone: 4 is perfect. */
export async function run(signal: AbortSignal): Promise<void> {
  const [small, big] = [4, 16].map((megabytes) => {
    signal.throwIfAborted();
    const times = Array.from({ length: rounds }, () => readingMs(megabytes));
    return median(times);
  });
  if (small === undefined || big === undefined) return;
  process.stdout.write(
    `an answer in TCP segments: 4 MB ${small.toFixed(1)} ms, 16 MB ${big.toFixed(1)} ms, ratio ${(big / small).toFixed(1)} (4 is linear, 16 quadratic)\n`,
  );
}

function readingMs(megabytes: number): number {
  const body = Buffer.from(JSON.stringify({ list: 'x'.repeat(megabytes << 20) }));
  const split = jsonFramer();
  const began = performance.now();
  for (let at = 0; at < body.length; at += segment) split(body.subarray(at, at + segment));
  return performance.now() - began;
}
