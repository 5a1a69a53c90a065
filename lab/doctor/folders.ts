import { tmpdir } from 'node:os';
import { cacheFolder, runsFolder } from '../paths.js';
import type { Target } from '../targets/target.js';
import { parseAvailableBytes } from '../toolchain/machine.js';
import type { SeenRow } from './row.js';

export const gigabyte = 1e9;

export function gigabytes(bytes: number): string {
  return `${(bytes / gigabyte).toFixed(1)} GB`;
}

export interface NeededFolder {
  readonly name: string;
  readonly path: string;
  /** Bytes. */
  readonly room: number;
  readonly purpose: string;
  /** What mends it that nothing can be written there. */
  readonly otherwise: string;
  /** The lab makes it when it is missing. */
  readonly isMade: boolean;
}

/** The folders of this machine that the lab writes to. */
export function foldersHere(runs = runsFolder()): readonly NeededFolder[] {
  const set = (variable: string) => `set ${variable} to a folder that you may write to`;
  return [
    {
      ...{ name: 'disk', path: runs, room: 3 * gigabyte, purpose: '3 GB for a core' },
      ...{ otherwise: set('LAB_RUNS'), isMade: true },
    },
    {
      ...{ name: 'cache folder', path: cacheFolder(), room: gigabyte, purpose: '1 GB for tools and builds' },
      ...{ otherwise: set('LAB_CACHE'), isMade: true },
    },
    {
      ...{ name: 'temporary folder', path: tmpdir(), room: 0.1 * gigabyte, purpose: '0.1 GB' },
      ...{ otherwise: set('TMPDIR'), isMade: false },
    },
  ];
}

/** The folder of another machine in which the server works and its core is written. */
export function folderThere(target: Target): NeededFolder {
  return {
    ...{ name: 'disk', path: target.workFolder, room: 3 * gigabyte, purpose: '3 GB for a core' },
    ...{ otherwise: 'set LAB_TARGET_FOLDER to a folder that may be written to there', isMade: true },
  };
}

/** Really writes a file: permissions, a read-only file system and a quota together show in nothing else. */
const script = `
d=$1
while [ ! -e "$d" ]; do d=$(dirname -- "$d"); done
f=$(mktemp -- "$d/.lab-doctor-XXXXXX") && head -c 4096 /dev/zero > "$f"
code=$?
if [ -n "$f" ]; then rm -f -- "$f"; fi
printf '%s\\n' "$d"
LC_ALL=C df -Pk -- "$d"
exit "$code"
`;

export async function folderRow(
  target: Target,
  { name, path, room, purpose, otherwise, isMade }: NeededFolder,
  signal: AbortSignal,
): Promise<SeenRow> {
  const row = { name, needed: `${purpose}, in ${path}, which can be written` };
  const argv = ['sh', '-c', script, 'sh', path];
  const { stdout, stderr, exitCode } = await target.exec(argv, { signal, env: { LC_ALL: 'C' } });
  const [where = path, ...df] = stdout.split('\n');
  if (where !== path && !isMade) {
    return { ...row, status: 'missing', found: `${path} does not exist`, mend: `mkdir -p ${path}` };
  }
  if (exitCode !== 0) {
    const why = stderr.trim().split('\n')[0]?.split(': ').at(-1) ?? 'refused';
    return {
      ...row,
      status: 'missing',
      found: `no file can be written in ${where}: ${why}`,
      mend: otherwise,
    };
  }
  const bytes = parseAvailableBytes(df.join('\n'));
  if (bytes === undefined)
    return { ...row, status: 'warning', found: `can be written, room unknown: ${where}` };
  const found = `${gigabytes(bytes)} free in ${where}`;
  return bytes >= room
    ? { ...row, status: 'ok', found }
    : { ...row, status: 'missing', found, mend: 'npx lab clean' };
}
