import { readFile } from 'node:fs/promises';
import { epochMs } from '../../clock.js';
import { parseProcStat } from '../../targets/process-identity.js';
import type { ProcessIdentity } from '../../targets/target.js';
import type { ProcessSample } from '../live.js';

const msPerTick = 10; // USER_HZ, as in lab/hang/process-stats.ts
const bytesPerPage = 4_096;
/** Counting takes 20 ms with a thousand connections and grows with them: at most this part of the time. */
const countingShare = 0.05;

/** Looks at one server of this machine again and again; `undefined` when it is gone. */
export type Sampler = () => Promise<ProcessSample | undefined>;

export function samplerOf({ pid, startTicks }: ProcessIdentity, port: number): Sampler {
  let before: { readonly at: number; readonly cpuMs: number } | undefined;
  let counted: Connections | undefined;
  let countAgainAt = 0;
  return async () => {
    const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    const stat = parseProcStat(text);
    if (stat === undefined || stat.startTicks !== startTicks || /[ZX]/.test(stat.state)) return undefined;
    const at = epochMs();
    const cpuMs = stat.cpuTicks * msPerTick;
    const cpu = before === undefined ? 0 : ((cpuMs - before.cpuMs) / Math.max(at - before.at, 1)) * 100;
    before = { at, cpuMs };
    if (at >= countAgainAt) {
      counted = await countConnections(pid, port);
      const took = epochMs() - at;
      countAgainAt = at + took / countingShare;
    }
    return {
      ...{ type: 'process', at: Math.round(at), cpu: Math.round(cpu), threads: stat.threads },
      ...{ rssBytes: stat.rssPages * bytesPerPage, stopped: /[Tt]/.test(stat.state), ...counted },
    };
  };
}

export interface Connections {
  readonly open: number;
  readonly left: number;
}

/** Connections of a port as the process's network namespace has them; `undefined` when it cannot be read. */
async function countConnections(pid: number, port: number): Promise<Connections | undefined> {
  try {
    const read = (name: string) => readFile(`/proc/${pid}/net/${name}`, 'latin1');
    const tables = await Promise.all([read('tcp'), read('tcp6').catch(() => '')]);
    return connectionsIn(tables.join(''), port);
  } catch {
    return undefined;
  }
}

/**
 * Of the tables `/proc/net/tcp` and `tcp6` (proc(5)): local address, remote address, state. 01 is ESTABLISHED, 08
 * CLOSE_WAIT. A client of this machine has a line of its own, with the port as the remote one.
 */
export function connectionsIn(table: string, port: number): Connections {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  let [open, left] = [0, 0];
  for (const [, state] of table.matchAll(
    new RegExp(`^ *\\d+: [0-9A-F]+:${hex} [0-9A-F]+:[0-9A-F]+ (01|08) `, 'gm'),
  )) {
    if (state === '01') open += 1;
    else left += 1;
  }
  return { open, left };
}
