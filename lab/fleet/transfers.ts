import { poll } from '../deadline.js';
import { type Client, openClient } from '../drive/clients.js';
import { parkedIn, readGoroutines } from '../drive/goroutine-page.js';
import type { Instance } from './instance.js';

const beginsWithinMs = 5_000;
const endsWithinMs = 5_000;
/** Where a handler waits for the rest of its list. */
const waitsForList = 'main.(*List).Next';
const list = ['{"article":"lamp","count":1}\n', '{"article":"chair","count":1}\n'];

/**
 * Rounds of transfers for as long as it is not disposed: from each warehouse to the next one, from the last to the first. The lists of a
 * round are open at the same time, as when lorries are loaded at several places at once, and end when each has begun. A round
 * that does not come to its end is the last one; its clients stay until this is disposed.
 */
export function keepTransferring(instances: readonly Instance[], signal: AbortSignal): AsyncDisposable {
  const closing = new AbortController();
  const closed = AbortSignal.any([signal, closing.signal]);
  let open: readonly Client[] = [];
  const hangUp = (): void => {
    for (const client of open) client[Symbol.dispose]();
    open = [];
  };
  const working = (async () => {
    while (!closed.aborted) {
      open = instances.map((instance, i) => {
        const to = instances[(i + 1) % instances.length]?.name ?? '';
        const { origin } = new URL(instance.server().url);
        return openClient({ origin, method: 'POST', path: `/transfers?to=${to}`, body: list });
      });
      if (!(await allBegun())) return;
      for (const client of open) client.sendMore();
      if (!(await allEnded())) return;
      hangUp();
    }
  })().catch(() => {}); // the signal, which everybody hears

  async function allBegun(): Promise<boolean> {
    const look = async () => {
      const waiting = await Promise.all(
        instances.map(async (instance) => {
          const page = await readGoroutines(instance.server().pprofUrl, beginsWithinMs, closed);
          return page.kind === 'seen' && parkedIn(page.goroutines, waitsForList).length > 0;
        }),
      );
      return waiting.every(Boolean) ? true : undefined;
    };
    return (await poll(look, { signal: closed, deadlineMs: beginsWithinMs, everyMs: 50 })) !== undefined;
  }

  async function allEnded(): Promise<boolean> {
    const look = () =>
      open.every((client) => ['answered', 'failed'].includes(client.progress().kind)) ? true : undefined;
    return (await poll(look, { signal: closed, deadlineMs: endsWithinMs, everyMs: 10 })) !== undefined;
  }

  return {
    async [Symbol.asyncDispose]() {
      closing.abort();
      await working;
      hangUp();
    },
  };
}
