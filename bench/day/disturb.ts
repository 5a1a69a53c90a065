import { execa } from 'execa';
import { pause } from '../../lab/deadline.js';
import { autocannonDriver } from '../../lab/load/autocannon.js';
import type { Groups } from './groups.js';
import type { Lookalike } from './plan.js';
import type { Build, Service } from './service.js';

export interface Disturbed {
  readonly service: Service;
  readonly groups: Groups;
  /** What a deployment brings. */
  readonly next: Build;
}

const peak = { connections: 300, pipelining: 4, workers: 1 };
/** Enough to use up what a service without a processor has. */
const trickle = { connections: 20, pipelining: 1, workers: 1 };

/** Lets that happen to a healthy service for so long, and ends it. */
export async function disturb(
  kind: Lookalike,
  ms: number,
  { service, groups, next }: Disturbed,
  signal: AbortSignal,
): Promise<void> {
  const { origin, port } = service;
  const pages: Partial<Record<Lookalike, string>> = {
    ...{ 'garbage collection': 'collect', 'short silence': 'silence', 'late answers': 'late' },
  };
  const during = async (on: () => Promise<unknown>, off: () => Promise<unknown>): Promise<void> => {
    try {
      await on();
      await pause(ms, signal);
    } finally {
      await off();
    }
  };
  const rule = (verb: '-A' | '-D', ...target: readonly string[]) =>
    execa('iptables', [verb, 'INPUT', '-p', 'tcp', '--dport', String(port), '-j', ...target]);
  switch (kind) {
    case 'load peak':
      return await loaded(service, peak, ms, signal);
    case 'no processor':
      return await during(
        async () => {
          await groups.starve(true);
          void loaded(service, trickle, ms, signal).catch(() => undefined);
        },
        () => groups.starve(false),
      );
    case 'garbage collection':
    case 'short silence':
    case 'late answers':
      void fetch(`${origin}/${pages[kind]}?s=${ms / 1_000}`).then(
        (response) => response.body?.cancel(),
        () => undefined,
      );
      return await pause(ms, signal);
    case 'disk stall':
      return await during(
        () => groups.stallDisk(true),
        () => groups.stallDisk(false),
      );
    case 'frozen group':
      return await during(
        () => groups.freeze(true),
        () => groups.freeze(false),
      );
    case 'pause': {
      const pid = service.pid();
      return await during(
        async () => process.kill(pid, 'SIGSTOP'),
        async () => process.kill(pid, 'SIGCONT'),
      );
    }
    case 'network cut':
      return await during(
        () => rule('-A', 'DROP'),
        () => rule('-D', 'DROP'),
      );
    case 'connections refused':
      return await during(
        () => rule('-A', 'REJECT', '--reject-with', 'tcp-reset'),
        () => rule('-D', 'REJECT', '--reject-with', 'tcp-reset'),
      );
    case 'deployment':
      return await service.deploy(next, ms, signal);
  }
}

async function loaded(
  { origin, build }: Service,
  step: { readonly connections: number; readonly pipelining: number; readonly workers: number },
  ms: number,
  signal: AbortSignal,
): Promise<void> {
  const options = { url: `${origin}${build().path}`, steps: [step], requestTimeoutMs: 30_000 };
  await using session = await autocannonDriver.open(
    { ...options, maxFailures: 1_000_000, maxDurationMs: ms + 5_000 },
    () => undefined,
    signal,
  );
  session.push(step);
  await pause(ms, signal);
}

/** What one service at a time does. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** Waits for the turn; disposing it gives it to the next. */
  async take(): Promise<Disposable> {
    const before = this.#last;
    let release = (): void => undefined;
    this.#last = new Promise<void>((resolve) => {
      release = resolve;
    });
    await before;
    return { [Symbol.dispose]: release };
  }
}
