import type { Learned } from './learned.js';

/**
 * One line of the log of requests, in the format of nginx-config.ts. Several tries of a request are in one line, separated by
 * `, `: `a, b|504, 200|0.000, 0.000|0, 128`. Of a request that no instance was left for, the address is the name of the group.
 */
export function learnFromRequest(line: string, learned: Learned): void {
  const [addresses, statuses, connects, bytes] = line.split('|').map((field) => field.split(/, | : /));
  if (!addresses || !statuses || !connects || !bytes) return;
  for (const [i, address] of addresses.entries()) {
    if (i + 1 < addresses.length) learned.triedElsewhere(address);
    const status = statuses[i] ?? '-';
    // Whoever asked left before anything was known.
    if (status === '-') continue;
    const hasConnected = (connects[i] ?? '-') !== '-';
    if (Number(bytes[i]) > 0) learned.answered(address, status);
    else if (hasConnected) learned.noAnswer(address, `${status}, no answer`);
    else learned.noConnection(address, `no connection, ${status}`);
  }
}

/** A line of the error log: an instance that nginx sends nothing more for a while. */
export function learnFromError(line: string, learned: Learned): void {
  const address = /upstream server temporarily disabled .* upstream: "\w+:\/\/([^/"]+)/.exec(line)?.[1];
  if (address !== undefined) learned.disabled(address);
}
