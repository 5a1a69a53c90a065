import { epochMs } from '../clock.js';
import { pause } from '../deadline.js';
import { doThen, notify, type Then } from './aftermath.js';
import type { Catch } from './catch.js';
import type { Episode } from './folder.js';
import { takeTurn, type Work } from './one-at-a-time.js';
import type { ServiceProcess } from './service.js';

export interface FinishOptions {
  readonly afterwards: Then;
  readonly notify: string | undefined;
  readonly say: (text: string) => void;
}

const turnEveryMs = 500;
/** A core takes seconds; a diagnosis may take a minute, and nothing is lost while it waits. */
const turnWithinMs: Readonly<Record<Work, number>> = { capture: 120_000, diagnosis: 1_800_000 };

/**
 * Takes the core of a hang, diagnoses it, does what shall be done, and tells of it. A service that is restarted does not wait
 * for the diagnosis: the core has all that it needs.
 */
export async function finish(
  caught: Catch,
  service: ServiceProcess,
  options: FinishOptions,
  log: (text: string) => Promise<void>,
  signal: AbortSignal,
): Promise<Episode> {
  const { dir } = caught;
  const then = async (done: Episode) =>
    await caught.conclude({
      afterwards: await doThen(options.afterwards, service, { dir, episode: done }, signal),
    });
  let episode = await inTurn('capture', caught, options, () => caught.take(service, signal), signal);
  const isEarly = options.afterwards.kind === 'restart';
  if (isEarly) episode = await then(episode);
  if (episode.failed === undefined)
    episode = await inTurn('diagnosis', caught, options, () => caught.diagnose(signal), signal);
  if (!isEarly) episode = await then(episode);
  await log(
    `caught in ${dir}: ${episode.failed ?? episode.summary ?? episode.why}; then ${episode.afterwards}`,
  );
  if (options.notify !== undefined) {
    const failure = await notify(options.notify, { dir, episode }, signal);
    if (failure !== undefined) await log(`nobody was told: ${failure}`);
  }
  return episode;
}

/** Waits for its turn on this host, for a while: two at once would take twice the disk and memory. */
async function inTurn(
  work: Work,
  caught: Catch,
  { say }: FinishOptions,
  act: () => Promise<Episode>,
  signal: AbortSignal,
): Promise<Episode> {
  const until = epochMs() + turnWithinMs[work];
  for (let waits = false; ; waits = true) {
    await using turn = await takeTurn(work);
    if (turn !== undefined) return await act();
    if (!waits) say(`another ${work} is under way on this host; waiting for it`);
    if (epochMs() >= until) {
      const missing = work === 'capture' ? 'core' : 'diagnosis';
      return await caught.conclude({ failed: `no ${missing}: another ${work} was under way on this host` });
    }
    await pause(turnEveryMs, signal);
  }
}
