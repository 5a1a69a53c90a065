import { withDeadline } from '../../deadline.js';
import { LabError } from '../../errors.js';
import { mayPass } from '../ssh/failures.js';
import type { Target, TargetProcess } from '../target.js';
import { failureOf } from './failures.js';
import type { OpenMachine } from './machine.js';

/** Milliseconds for Vagrant to say whether the machine runs. */
const askMs = 60_000;

/** What the one who speaks with the machine and the one who knows its power tell each other. */
export interface Power {
  /** Aborts when the machine does not run any more: there is nothing to wait for. */
  readonly gone: AbortSignal;
  /** To be called when a connection is lost. */
  readonly lost: () => void;
}

/** What a target does, told apart from what its machine does to it. */
export interface Watched {
  readonly power: Power;
  guard<T>(work: () => Promise<T>): Promise<T>;
  readonly process: (process: TargetProcess) => TargetProcess;
}

/**
 * Tells a machine that was stopped from a connection that was lost. When one is lost, the provider is asked; when the
 * machine does not run, everything that is under way and that comes throws `target` saying so (`details.failure` is
 * `stopped`).
 */
export function watchMachine({ name, vagrant }: OpenMachine): Watched {
  const gone = new AbortController();
  let looking: Promise<LabError | undefined> | undefined;
  const look = async (error?: unknown): Promise<LabError | undefined> => {
    const signal = withDeadline(new AbortController().signal, askMs);
    const status = await vagrant.status(name, { signal }).catch(() => undefined);
    if (status === undefined || status.power === 'running') return undefined;
    gone.abort();
    return new LabError(`${name} was stopped while the lab worked on it: Vagrant says ${status.state}`, {
      code: 'target',
      hint: 'run the same command again: it brings the machine up first',
      cause: error,
      details: { failure: 'stopped', state: status.state },
    });
  };
  const asked = async (error?: unknown): Promise<LabError | undefined> => {
    looking ??= look(error);
    const looked = looking;
    const stopped = await looked;
    if (stopped === undefined && looking === looked) looking = undefined;
    return stopped;
  };
  const guard: Watched['guard'] = async (work) => {
    try {
      return await work();
    } catch (error) {
      if (!mayPass(error) && failureOf(error) === undefined) throw error;
      throw (await asked(error)) ?? error;
    }
  };
  return {
    power: { gone: gone.signal, lost: () => void asked() },
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
