import { LabError } from '../errors.js';
import { quoteWord } from '../quote-word.js';
import type { Target } from '../targets/target.js';
import { type CorePlace, type CoreSettings, programOf, resolveCorePattern } from './core-pattern.js';
import { mayWriteInto, statusOf } from './core-status.js';

/** Where the kernel will write the core. */
export type CoreFile = Extract<CorePlace, { kind: 'file' }>;

const mend = 'sudo sysctl -w kernel.core_pattern=core';

/**
 * Looks whether the kernel of the target writes cores into files at all, before there is any process.
 * Throws `target` with the command that makes it do so.
 */
export async function requireCoreFiles(target: Target, signal: AbortSignal): Promise<void> {
  const { pattern, usesPid } = await settingsOf(target, signal);
  const elsewhere = programOf(pattern);
  if (elsewhere !== undefined) throw unusable(target, pattern, elsewhere);
  const folder = /^(\/[^%]*)\/[^/]*$/.exec(pattern.trim())?.[1];
  if (pattern.trim() === '' && usesPid.trim() === '0')
    throw unusable(target, pattern, { kind: 'nowhere', why: 'it is empty' });
  if (folder !== undefined) await requireFolder(target, pattern, folder, signal);
}

/**
 * Where the kernel will write the core of that process. Throws `target` when that is no file, or one that exists and
 * would be overwritten; `missing-permission` when the process is another user's.
 */
export async function coreFileOf(target: Target, pid: number, signal: AbortSignal): Promise<CoreFile> {
  const settings = await settingsOf(target, signal);
  const [status, hostname, links] = await Promise.all([
    statusOf(target, pid, signal),
    target.readFile('/proc/sys/kernel/hostname', signal),
    linksOf(target, pid, signal),
  ]);
  const { cwd, root, exe, inContainer } = links;
  if (inContainer || root !== '/') {
    throw new LabError(`process ${pid} lives in a container: its core would be written in there`, {
      code: 'target',
      hint: `take its core by gdb, which lets it live: npx lab capture --pid ${pid}`,
    });
  }
  const facts = { ...status, hostname: hostname?.trim() ?? '', cwd, exe };
  const place = resolveCorePattern(settings, facts);
  if (place.kind !== 'file') throw unusable(target, settings.pattern, place);
  await requireFolder(target, settings.pattern, place.folder, signal);
  const seen = await target.exec(['stat', '--format=%u %g %a', '--', place.folder], { signal });
  if (!mayWriteInto(seen.stdout, status.writer)) {
    const why = `user ${status.writer.uid}, as whom process ${pid} runs, may not write into ${place.folder}`;
    throw unusable(
      target,
      settings.pattern,
      { kind: 'nowhere', why },
      `${mend.replace(/core$/, '/var/tmp/core.%p')}`,
    );
  }
  if (place.exact !== undefined && (await namesIn(target, place, signal)).length > 0) {
    const path = `${place.folder}/${place.exact}`;
    throw new LabError(`the kernel would overwrite ${path}${on(target)}`, {
      code: 'target',
      hint: `move it away: mv ${quoteWord(path)} ${quoteWord(`${path}.old`)}`,
    });
  }
  return place;
}

/** Names in the folder that the kernel may give to a core. */
export async function namesIn(
  target: Target,
  { folder, name }: CoreFile,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { stdout } = await target.exec(['ls', '-A1', '--', folder], { signal });
  return stdout.split('\n').filter((line) => line !== '' && name.test(line));
}

async function settingsOf(target: Target, signal: AbortSignal): Promise<CoreSettings> {
  const [pattern, usesPid] = await Promise.all([
    target.readFile('/proc/sys/kernel/core_pattern', signal),
    target.readFile('/proc/sys/kernel/core_uses_pid', signal),
  ]);
  if (pattern !== undefined) return { pattern, usesPid: usesPid ?? '0' };
  throw new LabError(`the kernel of ${target.name} writes no cores: it has no core_pattern`, {
    code: 'target',
    hint: 'capture with gdb instead: `--capture gcore`',
  });
}

async function requireFolder(
  target: Target,
  pattern: string,
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  const { exitCode } = await target.exec(['test', '-d', folder, '-a', '-w', folder], { signal });
  if (exitCode === 0) return;
  const why = `there is no folder ${folder} that may be written`;
  throw unusable(target, pattern, { kind: 'nowhere', why });
}

function unusable(
  target: Target,
  pattern: string,
  place: Exclude<CorePlace, { kind: 'file' }>,
  command = mend,
): LabError {
  const why =
    place.kind === 'program'
      ? `hands every core to ${place.program.split(' ')[0]}`
      : `leads nowhere: ${place.why}`;
  return new LabError(
    `the kernel of ${target.name} writes no core where the lab could take it: its core_pattern (${pattern.trim()}) ${why}`,
    { code: 'target', hint: target.kind === 'local' ? command : `on ${target.name}: ${command}` },
  );
}

async function linksOf(target: Target, pid: number, signal: AbortSignal) {
  const paths = [`/proc/${pid}/cwd`, `/proc/${pid}/root`, `/proc/${pid}/exe`, `/proc/${pid}/ns/mnt`];
  const argv = ['readlink', '--zero', '--', ...paths, '/proc/self/ns/mnt'];
  const { stdout } = await target.exec(argv, { signal });
  const [cwd, root, exe, space, ours] = stdout.split('\0');
  if (cwd === undefined || root === undefined || exe === undefined || ours === undefined || ours === '') {
    throw new LabError(`process ${pid} belongs to another user: it may not be looked at`, {
      code: 'missing-permission',
      hint: `run the same command with sudo, or as the user of process ${pid}`,
    });
  }
  return { cwd, root, exe, inContainer: space !== ours };
}

function on({ kind, name }: Pick<Target, 'kind' | 'name'>): string {
  return kind === 'local' ? '' : ` on ${name}`;
}
