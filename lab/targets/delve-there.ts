import { dirname, join } from 'node:path';
import { poll, withDeadline } from '../deadline.js';
import { explainDelveEnd } from '../delve/failures.js';
import { firstAnswer, headlessDelve, type LaunchDelve, portIn } from '../delve/launch.js';
import { LabError } from '../errors.js';
import type { Target } from './target.js';

export interface DelveThere {
  readonly target: Target;
  /** Paths of the target. */
  readonly dlv: string;
  readonly exe: string;
  readonly core: string;
}

/**
 * A Delve that runs on the target and reads the core there, spoken to through the target's forwarding: for a lab's
 * machine that has none. Its environment holds nothing of that user's configuration.
 */
export function delveThere({ target, dlv, exe, core }: DelveThere): LaunchDelve {
  return async ({ startTimeoutMs }, signal) => {
    const deadline = withDeadline(signal, startTimeoutMs);
    const home = join(dirname(core), 'delve-home');
    const logFile = join(dirname(core), 'delve.log');
    await target.exec(['mkdir', '-p', '--', join(home, 'go', 'telemetry')], { signal: deadline });
    await target.exec(['tee', '--', join(home, 'go', 'telemetry', 'mode')], {
      signal: deadline,
      input: 'off',
    });
    await target.exec(['rm', '-f', '--', logFile], { signal: deadline });
    const argv = headlessDelve({ dlv, exe, core });
    const env = { PATH: home, HOME: home, XDG_CONFIG_HOME: home, LC_ALL: 'C' };
    const process = await target.start(argv, { signal: deadline, logFile, env });
    const output = async (): Promise<string> => (await target.readFile(logFile, deadline)) ?? '';
    try {
      const port = await poll(
        async () => {
          const said = await output();
          if (process.exit() !== undefined) throw explainDelveEnd({ ...noExit, output: said });
          return portIn(said);
        },
        { signal: deadline, deadlineMs: startTimeoutMs, everyMs: 50 },
      );
      if (port === undefined) throw silent(target);
      const { rpc, client, version } = await firstAnswer(
        {
          ...(await target.reach(port, deadline)),
          whyEnded: async () => (process.exit() === undefined ? undefined : { why: 'Delve ended' }),
          turnedAway: async () => /cannot check remote address|different user/.test(await output()),
        },
        deadline,
      );
      return {
        client,
        version,
        pid: undefined,
        argv,
        exited: process.exited.then(async () => ({ ...noExit, output: await output().catch(() => '') })),
        async [Symbol.asyncDispose]() {
          await rpc[Symbol.asyncDispose]();
          await process[Symbol.asyncDispose]();
        },
      };
    } catch (error) {
      await process[Symbol.asyncDispose]();
      if (deadline.aborted && !signal.aborted) throw silent(target, error);
      throw error;
    }
  };
}

/** How a process of another machine ended is not always known. */
const noExit = { exitCode: null, signal: null } as const;

function silent({ name }: Target, cause?: unknown): LabError {
  return new LabError(`Delve on ${name} did not say where it listens`, {
    code: 'undecided',
    hint: 'look whether that machine is busy or short of memory, then analyse the run again',
    cause,
  });
}
