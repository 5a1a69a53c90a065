import { LabError } from '../errors.js';
import type { Target } from '../targets/target.js';

/** SIGQUIT's number, the same on every Linux that Go knows. */
const sigquit = 3;

const overrides = 1n << 1n;

export interface Writer {
  readonly uid: number;
  readonly groups: readonly number[];
  /** CAP_DAC_OVERRIDE (capabilities(7)). */
  readonly isFree: boolean;
}

export interface CoreStatus {
  readonly name: string;
  /** In the process's own namespace. */
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
  /** Of files that it makes: its user, its groups, and whether permissions bind it. */
  readonly writer: Writer;
  readonly ignoresQuit: boolean;
  /** The kernel is writing its core. Only Linux 4.15 and newer tell. */
  readonly isDumping: boolean;
}

/** What `/proc/PID/status` says (proc(5)). Throws `target` when the process is gone. */
export async function statusOf(target: Target, pid: number, signal: AbortSignal): Promise<CoreStatus> {
  const text = await target.readFile(`/proc/${pid}/status`, signal);
  if (text !== undefined && text !== '') return parseCoreStatus(text, pid);
  throw new LabError(`process ${pid} is gone`, { code: 'target', hint: 'look for its pid: pgrep -l NAME' });
}

/** Numbers that are not there are taken as 0, and the pid as the one that was asked for. */
export function parseCoreStatus(text: string, pid: number): CoreStatus {
  const field = (name: string): string => new RegExp(`^${name}:\\t(.*)$`, 'm').exec(text)?.[1] ?? '';
  const bits = (name: string): bigint => BigInt(`0x${/^[0-9a-f]+$/.exec(field(name))?.[0] ?? '0'}`);
  return {
    name: field('Name').replaceAll('\\n', '\n').replaceAll('\\\\', '\\'),
    pid: Number(field('NSpid').split('\t').at(-1)) || pid,
    uid: Number(field('Uid').split('\t')[0]) || 0,
    gid: Number(field('Gid').split('\t')[0]) || 0,
    writer: {
      // The fourth is that of the file system: the kernel makes the core with it.
      uid: Number(field('Uid').split('\t')[3]) || 0,
      groups: [...field('Gid').split('\t').slice(3), ...field('Groups').split(' ')]
        .filter(Boolean)
        .map(Number),
      isFree: (bits('CapEff') & overrides) !== 0n,
    },
    ignoresQuit: ((bits('SigIgn') >> BigInt(sigquit - 1)) & 1n) === 1n,
    isDumping: field('CoreDumping') === '1',
  };
}

/** Whether permission bits, as `stat --format='%u %g %a'` prints them, let the writer make a file in a folder. */
export function mayWriteInto(stat: string, { uid, groups, isFree }: Writer): boolean {
  const [owner, group, mode = ''] = stat.trim().split(' ');
  const bits = Number.parseInt(mode, 8);
  if (isFree) return true;
  const shift = Number(owner) === uid ? 6 : groups.includes(Number(group)) ? 3 : 0;
  return ((bits >> shift) & 3) === 3;
}
