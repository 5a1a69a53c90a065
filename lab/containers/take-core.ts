import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type HelperEvent, parseEvent, type Taken } from '../capture/helper/events.js';
import { coreArguments, type HelperOptions } from '../capture/helper/options.js';
import { requireSpaceHere } from '../capture/space.js';
import { interrupted, LabError } from '../errors.js';
import { printable } from '../printable.js';
import { reasonIn } from './engine-facts.js';
import type { Place } from './place.js';
import { type ReceivedCore, receiveCore } from './receive.js';

export interface TakeRequest {
  readonly place: Place;
  readonly pid: number;
  /** Folder for what comes home; made anew by each attempt. */
  readonly folder: string;
  /** Folder of the bundle. */
  readonly home: string;
  readonly options: HelperOptions;
  readonly say: (text: string) => void;
}

export interface TakenCore extends ReceivedCore {
  /** How long the process stood still, milliseconds. */
  readonly pausedMs: number;
  readonly snapshot: Taken['snapshot'];
  readonly notes: readonly string[];
}

/**
 * Has the helper take a core, with as few rights as that needs. Throws what the helper says, `undecided` when the stream
 * is cut or the helper ended, `no-space`.
 */
export async function takeCore(request: TakeRequest, signal: AbortSignal): Promise<TakenCore> {
  for (;;) {
    try {
      await rm(request.folder, { recursive: true, force: true });
      await mkdir(request.folder, { mode: 0o700 });
      return await attempt(request, signal);
    } catch (error) {
      if (signal.aborted || !(error instanceof LabError) || error.details['there'] !== true) throw error;
      if (!request.place.widen()) throw await request.place.refused(error.message, error);
    }
  }
}

async function attempt(
  { place, pid, folder, home, options, say }: TakeRequest,
  signal: AbortSignal,
): Promise<TakenCore> {
  const stopped = new AbortController();
  let failed: Extract<HelperEvent, { event: 'failed' }> | undefined;
  let done: Extract<HelperEvent, { event: 'done' }> | undefined;
  let measured: Promise<unknown> | undefined;
  const onLine = (line: string): void => {
    const event = parseEvent(line);
    if (event?.event === 'failed') failed = event;
    if (event?.event === 'done') done = event;
    if (event?.event === 'resumed')
      say(`the process goes on, after ${(event.pauseMicros / 1000).toFixed(0)} ms`);
    if (event?.event !== 'progress') return;
    say(`${event.total === 0 ? 100 : Math.floor((event.done / event.total) * 100)} % of its memory read`);
    measured ??= requireSpaceHere(home, event.total).catch((error: unknown) => stopped.abort(error));
  };
  const either = AbortSignal.any([signal, stopped.signal]);
  try {
    const args = coreArguments(pid, '-', options);
    const ran = await place.run({ args, signal: either, onLine }, (stdout) =>
      receiveCore(stdout, folder, either),
    );
    await measured;
    either.throwIfAborted();
    if (ran.read.status === 'rejected' && !isCut(ran.read.reason)) throw ran.read.reason;
    // Who ended it was not this lab: that would have thrown before.
    if (failed?.code === 'interrupted') throw endedEarly(place, ran.exitCode, failed.message);
    if (failed !== undefined) throw asLabError(failed);
    if (ran.exitCode !== 0) throw endedEarly(place, ran.exitCode, ran.stderr);
    if (ran.read.status === 'rejected') throw ran.read.reason;
    const { pauseMicros, snapshot, notes } = done ?? (await accountIn(folder));
    return { ...ran.read.value, pausedMs: pauseMicros / 1000, snapshot, notes };
  } catch (error) {
    if (signal.aborted) throw interrupted(error);
    if (stopped.signal.aborted) throw stopped.signal.reason;
    throw error;
  }
}

/** The helper's last words, as they came with the core: a client that is done may have lost the end of stderr. */
async function accountIn(folder: string): Promise<Extract<HelperEvent, { event: 'done' }>> {
  const account = parseEvent(await readFile(join(folder, 'capture.json'), 'utf8'));
  if (account?.event === 'done') return account;
  throw new LabError('the core came without an account of how it was taken', {
    code: 'undecided',
    hint: 'run the same command again',
  });
}

const isCut = (error: unknown): boolean => error instanceof LabError && error.code === 'undecided';

/** What the helper says of rights that it lacks: for a machine, where a container needs another line. */
const sudoHint = /^run the same command with sudo/;

/** The helper's own words; `there` tells that the container lets it do too little. */
function asLabError({ code, message, hint }: Extract<HelperEvent, { event: 'failed' }>): LabError {
  return new LabError(printable(message), {
    code,
    ...(hint === undefined || hint === '' ? {} : { hint: printable(hint) }),
    details: { there: code === 'missing-permission' && sudoHint.test(hint ?? '') },
  });
}

function endedEarly({ where }: Place, exitCode: number | null, stderr: string): LabError {
  const said = reasonIn(stderr);
  const how = said || (exitCode === null ? 'its client was ended' : `exit code ${exitCode}`);
  return new LabError(`the capture in ${where} was ended before the core was whole: ${how}`, {
    code: 'undecided',
    hint: 'look whether the container and the process still run, then run the same command again',
    details: { stderr },
  });
}
