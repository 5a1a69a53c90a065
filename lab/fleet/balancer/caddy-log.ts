import { z } from 'zod';
import { instanceHeader } from './caddy-config.js';
import type { Learned } from './learned.js';

const answer = new RegExp(`"status":(\\d+).*"${instanceHeader}":\\["([^"]+)"`);

/** One line of the log of requests. It is not parsed as JSON: thousands come in a second. */
export function learnFromAnswer(line: string, learned: Learned): void {
  const [, status, address] = answer.exec(line) ?? [];
  if (status !== undefined && address !== undefined) learned.answered(address, status);
}

const entry = z.object({ msg: z.string(), host: z.string().optional(), error: z.string().optional() });

/** A line about one of its checks, or about a connect that failed. */
export function learnFromCaddy(line: string, learned: Learned): void {
  if (!/health_checker\.active|http\.log\.error/.test(line)) return;
  const { msg, host, error = msg } = entry.parse(JSON.parse(line));
  const address = host ?? /^dial tcp ([^ ]+:\d+): /.exec(msg)?.[1];
  // It has used up its own files: that says nothing of any instance.
  if (address === undefined || /too many open files/.test(error)) return;
  const said = error.slice(error.lastIndexOf(': ') + 2);
  if (msg === 'host is up') learned.wellAgain(address, msg);
  else if (/dial tcp|while waiting for connection/.test(error))
    learned.noConnection(address, `no connection: ${said}`);
  else learned.noAnswer(address, said);
}
