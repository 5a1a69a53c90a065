import { withDeadline } from '../../deadline.js';
import { LabError, messageOf } from '../../errors.js';
import { mayPass } from '../ssh/failures.js';
import type { Target, TargetProcess } from '../target.js';
import { failureOf } from './failures.js';
import type { OpenMachine } from './machine.js';

/** Milliseconds for Vagrant to say whether the machine runs. */
const askMs = 60_000;

/** What a target does, told apart from what its machine does to it. */
export interface Watched {
  guard<T>(work: () => Promise<T>): Promise<T>;
  readonly process: (process: TargetProcess) => TargetProcess;
}

/**
 * Tells a machine that was stopped from a connection that was lost. The first failure of a connection asks the
 * provider; when the machine does not run, this and everything that comes throws `target` saying so
 * (`details.failure` is `stopped`), and `gone` is called once, so that nobody waits for the machine to answer.
 */
export function watchMachine({ name, vagrant }: OpenMachine, gone: () => void): Watched {
  let looking: Promise<LabError | undefined> | undefined;
  const look = async (error: unknown): Promise<LabError | undefined> => {
    const signal = withDeadline(new AbortController().signal, askMs);
    const status = await vagrant.status(name, { signal }).catch(() => undefined);
    if (status === undefined || status.power === 'running') return undefined;
    gone();
    return new LabError(`${name} was stopped (${status.state}): ${messageOf(error)}`, {
      code: 'target',
      hint: 'run the same command again: it brings the machine up first',
      cause: error,
      details: { failure: 'stopped', state: status.state },
    });
  };
  const guard: Watched['guard'] = async (work) => {
    try {
      return await work();
    } catch (error) {
      if (!mayPass(error) && failureOf(error) === undefined) throw error;
      looking ??= look(error);
      const stopped = await looking;
      if (stopped === undefined) looking = undefined;
      throw stopped ?? error;
    }
  };
  return {
    guard,
    process: (process) => ({
      identity: process.identity,
      exited: process.exited,
      exit: () => process.exit(),
      kill: (name) => guard(() => process.kill(name)),
      async [Symbol.asyncDispose]() {
        // With its machine the process has ended too.
        await guard(async () => await process[Symbol.asyncDispose]()).catch((error: unknown) => {
          if (failureOf(error) !== 'stopped') throw error;
        });
      },
    }),
  };
}

/** The target with all its work under guard. */
export function guarded(target: Target, { guard, process }: Watched): Target {
  return {
    ...target,
    reach: (port, signal) => guard(() => target.reach(port, signal)),
    mirror: (folder, signal) => guard(() => target.mirror(folder, signal)),
    exec: (argv, how) => guard(() => target.exec(argv, how)),
    start: async (argv, how) => process(await guard(() => target.start(argv, how))),
    async attach(identity, signal) {
      const found = await guard(() => target.attach(identity, signal));
      return found === undefined ? undefined : process(found);
    },
    readFile: (path, signal) => guard(() => target.readFile(path, signal)),
    upload: (from, to, signal) => guard(() => target.upload(from, to, signal)),
    download: (path, to, how) => guard(() => target.download(path, to, how)),
  };
}
