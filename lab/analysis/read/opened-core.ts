import { readFile } from 'node:fs/promises';
import { type BulkMemory, openCoreMemory } from '../../core/memory.js';
import type { CheckedPair } from '../../core/pair.js';
import type { DelveSession } from '../../delve/launch.js';
import type { CallOptions } from '../../delve/rpc.js';
import { delveUsed } from '../../delve/used.js';
import type { RuntimeLayout } from '../../goruntime/layout.js';
import { hasPendingTimers } from '../../goruntime/timers.js';
import type { Snapshot } from '../model/snapshot.js';
import { numbersByDelve } from './delve-values.js';
import type { Reading } from './engine.js';
import { evidenceTimeoutMs, forEvidence } from './evidence-client.js';
import { channelLocator, syncLocator } from './locators.js';
import { processOf } from './process-facts.js';
import { readRootFrames } from './root-frames.js';

/** A core that Delve has open, for the engines that ask it. */
export interface OpenedCore {
  readonly pair: CheckedPair;
  /** Stays open: whoever opened it closes it. */
  readonly session: DelveSession;
  readonly memory: BulkMemory;
  readonly call: CallOptions;
}

const callTimeoutMs = 120_000;

export function openedCore({
  pair,
  session,
  signal,
}: Pick<OpenedCore, 'pair' | 'session'> & { readonly signal: AbortSignal }): OpenedCore {
  const memory = openCoreMemory(pair.core.path, pair.exe.path);
  return { pair, session, memory, call: { signal, timeoutMs: callTimeoutMs } };
}

/** What can be asked of a core that Delve has open; its memory is looked into where the runtime's layout is known. */
export function answersOf(
  { pair, session, memory, call: { signal } }: OpenedCore,
  snapshot: Snapshot,
  layout: RuntimeLayout | undefined,
) {
  const { client, unanswered } = forEvidence(session.client);
  const call: CallOptions = { signal, timeoutMs: evidenceTimeoutMs };
  const frames = { client, memory, layout };
  return {
    trust: { atMost: 'strong' },
    process: processOf(pair),
    delve: delveUsed(session),
    built: pair.exe.path,
    mainModule: pair.exe.build?.mainModule,
    operands: {
      channels: channelLocator(frames, snapshot, call),
      syncObjects: layout === undefined ? undefined : syncLocator(frames, snapshot, call),
    },
    timersPending: () => hasPendingTimers(numbersByDelve(client, call)),
    rootFrames: (bucket, elemType) => readRootFrames(client, bucket, elemType, call),
    unanswered,
  } satisfies Partial<Reading>;
}

/** Peak resident memory of Delve in bytes, from proc(5); 0 when it cannot be read, or Delve is on another machine. */
export async function peakOfDelve({ session: { pid } }: OpenedCore): Promise<number> {
  if (pid === undefined) return 0;
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
}
