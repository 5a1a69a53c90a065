import { LabError } from '../../errors.js';
import { quoteWord } from '../../quote-word.js';
import { rejected } from './files.js';
import type { Link } from './link.js';
import { streamScript } from './scripts.js';
import { runScript } from './session.js';

/** A file of the target, and where in it there is data. */
export interface RemoteFile {
  readonly size: number;
  /** Names this state of this file: size, time of change, inode. */
  readonly version: string;
  /** Ascending, not overlapping, in blocks of {@link blockSize}: first block, number of blocks. */
  readonly runs: readonly Run[];
}

export interface Run {
  readonly first: number;
  readonly count: number;
}

export const blockSize = 64 * 1024;
/** Zeros of a smaller hole are compressed faster than another process is started. */
const smallestHole = 16;
/** One `dd` for all of a run: a run is no longer than this, so that progress and silence can be told. */
const longestRun = 16_384;

/**
 * Holes are asked for by lseek(2), which neither the shell nor coreutils offer; Debian always has perl, others mostly
 * python3. Where there is neither, all of the file counts as data: zeros cost time, but compress to nothing.
 */
const mapScript = streamScript(`
stat -L -c '%s %Y %Z %i' -- "$1" || exit 66
if command -v perl >/dev/null; then
  perl -e '
    open(F, "<", $ARGV[0]) or exit 1;
    $end = -s F;
    for ($at = 0; $at < $end; $at = $hole) {
      $data = sysseek(F, $at, 3);
      if (!defined $data) { exit 1 if $! != 6; last }
      $hole = sysseek(F, $data += 0, 4);
      exit 1 unless defined $hole;
      $hole += 0;
      print "$data $hole\\n";
    }
    print "end\\n";' -- "$1"
elif command -v python3 >/dev/null; then
  python3 -c '
import os, sys
f = os.open(sys.argv[1], os.O_RDONLY)
end, at = os.fstat(f).st_size, 0
while at < end:
    try:
        data = os.lseek(f, at, os.SEEK_DATA)
    except OSError as e:
        if e.errno != 6: raise
        break
    at = os.lseek(f, data, os.SEEK_HOLE)
    print(data, at)
print("end")' "$1"
fi
exit 0
`);

/** Throws `target` when there is no such file. */
export async function mapFile(link: Link, path: string, signal: AbortSignal): Promise<RemoteFile> {
  const { exitCode, stdout, stderr } = await runScript(link, mapScript, [path], signal);
  const { name } = link.how.host;
  if (exitCode !== 0 && /No such file/.test(stderr)) {
    throw new LabError(`${name} has no file ${path}`, {
      code: 'target',
      hint: `look there: ls -l ${quoteWord(path)}`,
    });
  }
  const [head = '', ...lines] = stdout.trimEnd().split('\n');
  const size = Number(head.split(' ')[0]);
  if (exitCode !== 0 || !Number.isSafeInteger(size) || head === '') {
    throw rejected(name, `${path} was looked at`, stderr.trim() || stdout.trim());
  }
  const complete = lines.at(-1) === 'end';
  const extents = complete ? lines.slice(0, -1).map((line) => line.split(' ').map(Number)) : [[0, size]];
  return { size, version: head, runs: runsOf(extents, size) };
}

/** Whole blocks, with small holes filled and long runs divided. */
function runsOf(extents: readonly (readonly number[])[], size: number): readonly Run[] {
  const merged: { first: number; end: number }[] = [];
  for (const [from = 0, to = size] of extents) {
    if (to <= from) continue;
    const first = Math.floor(from / blockSize);
    const end = Math.ceil(to / blockSize);
    const last = merged.at(-1);
    if (last !== undefined && first - last.end < smallestHole) last.end = Math.max(last.end, end);
    else merged.push({ first, end });
  }
  return merged.flatMap(({ first, end }) => {
    const runs: Run[] = [];
    for (let at = first; at < end; at += longestRun)
      runs.push({ first: at, count: Math.min(longestRun, end - at) });
    return runs;
  });
}

/** What is left of the runs from an offset on, which lies on a block. */
export function runsFrom(runs: readonly Run[], offset: number): readonly Run[] {
  const block = Math.floor(offset / blockSize);
  return runs.flatMap(({ first, count }) => {
    const from = Math.max(first, block);
    return from >= first + count ? [] : [{ first: from, count: first + count - from }];
  });
}
