import type { CheckedPair } from '../core/pair.js';
import type { Diagnosis } from './diagnosis.js';

const remedy =
  'Pass the unstripped executable of the same build with --exe: the one that `strip` made this of, if it was kept.';

/**
 * What can be said of a program without debug information (`-ldflags=-s` or `-w`): which process it was and how
 * it ended, from the core's notes and the executable's build information. Where its goroutines lie in memory,
 * and what they are called, only the debug information tells.
 */
export function strippedDiagnosis({ exe, core }: CheckedPair, began: number): Diagnosis {
  const { command, pid, threads, signal } = core;
  const module = exe.build?.path ?? exe.mainModulePath;
  const ended = signal === 0 ? 'a debugger took the core' : `signal ${signal} ended it`;
  const known = [
    module === undefined ? '' : `package ${module}`,
    command === undefined ? '' : `command ${command.args === '' ? command.name : command.args}`,
    pid === undefined ? '' : `process ${pid}`,
    `${threads.length} threads`,
    ended,
  ].filter((text) => text !== '');
  return {
    schema: 'lab.diagnosis/1',
    verdict: 'unknown',
    scope: null,
    summary: `Undecided: the executable is stripped, so its goroutines cannot be read. ${remedy}`,
    process: {
      exe: exe.path,
      core: core.path,
      buildId: exe.buildId.gnu ?? exe.buildId.go ?? '',
      goVersion: exe.goVersion ?? 'unknown',
      os: 'linux',
      arch: exe.arch,
      goroutines: { total: 0, user: 0, system: 0, blocked: 0 },
    },
    findings: [],
    groups: [],
    userLocations: [],
    stats: {
      engine: 'core-reader',
      wallMs: Math.round(performance.now() - began),
      peakRssBytes: process.resourceUsage().maxRSS * 1024,
      crossChecked: 0,
      crossCheckMismatches: 0,
    },
    limits: [
      'The executable has no debug information (built with -ldflags=-s or -w): goroutines, their stacks, wait ' +
        'reasons and channels, names, types and lines are lost. No goroutine was counted.',
      `What the files tell without it: ${known.join(', ')}.`,
    ],
  };
}
