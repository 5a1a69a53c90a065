import { basename } from 'node:path';
import type { Bundle } from '../capture/bundle.js';
import type { CommandRecord } from '../store/command-record.js';
import type { StageRecord } from '../store/run-record.js';
import type { TranscriptChapter } from './transcript.js';

/** The chapter of the transcript on how the core was taken, as a person would have taken it. */
export function captureChapter(stage: StageRecord | undefined, bundle: Bundle): TranscriptChapter {
  const { core, size, pausedMs, method } = bundle;
  const seconds = (pausedMs / 1000).toFixed(1);
  const ended = method === 'kernel';
  return {
    title: 'Take its core',
    text: ended
      ? `The process ended with it, in ${seconds} s: it printed its goroutines, aborted, and the kernel wrote its core. Then holes were punched into the core: what is zero takes no place on the disk.`
      : `The process stood still for ${seconds} s. Then holes were punched into the core: what is zero takes no place on the disk.`,
    records: [
      ...takenBy(stage, bundle),
      command('du', stage, {
        pipeline: [['du', '-h', '--apparent-size', basename(core)]],
        stdout: `${(size.apparent / 2 ** 30).toFixed(1)}G\t${basename(core)}`,
      }),
    ],
  };
}

function takenBy(
  stage: StageRecord | undefined,
  { method, pid, core, writtenTo = 'core' }: Bundle,
): readonly CommandRecord[] {
  switch (method) {
    case 'delve':
      return [
        command('gcore', stage, {
          pipeline: [['dlv', 'attach', String(pid)]],
          input: `dump ${basename(core)}\nexit\nn\n`,
        }),
      ];
    case 'kernel':
      return [
        command('prlimit', stage, { pipeline: [['prlimit', '--pid', String(pid), '--core=unlimited']] }),
        command('sigquit', stage, {
          pipeline: [['kill', '-QUIT', String(pid)]],
          note: `The kernel wrote ${writtenTo}, as its core_pattern says.`,
        }),
        command('gcore', stage, { pipeline: [['mv', writtenTo, basename(core)]] }),
      ];
    case 'helper':
      return [
        command('gcore', stage, {
          pipeline: [['capture', 'core', '--pid', String(pid), '--core', basename(core)]],
        }),
      ];
    case 'gcore':
      return [
        command('gcore', stage, {
          pipeline: [['gcore', '-o', 'core', String(pid)]],
          stdout: `Saved corefile ${basename(core)}`,
          note: 'The lab ran gdb with the arguments of this script, without the script.',
        }),
      ];
  }
}

/** The record of a command that stands for what a stage did. */
export function command(
  id: string,
  stage: StageRecord | undefined,
  parts: Pick<CommandRecord, 'pipeline'> & Partial<CommandRecord>,
): CommandRecord {
  return {
    id,
    exitCode: 0,
    signal: null,
    timedOut: false,
    stdout: '',
    stderr: '',
    startedAt: stage?.startedAt ?? '',
    durationMs: stage?.ms ?? 0,
    ...parts,
  };
}
