import { readSnapshotByDelve } from './delve-snapshot.js';
import type { Engine, Reading } from './engine.js';
import { answersOf, type OpenedCore, peakOfDelve } from './opened-core.js';
import { unsureMatch } from './process-facts.js';

export interface DelveEngine extends Engine {
  read(): Promise<Reading>;
}

/** Reads a core by Delve's list of goroutines, for a runtime of unknown layout. `members`: which goroutines each stack has is wanted too. */
export function delveEngine(opened: OpenedCore, { members }: { readonly members: boolean }): DelveEngine {
  return {
    async read() {
      const { snapshot, limits } = await readSnapshotByDelve(opened.session.client, opened.call, members);
      return {
        ...{ kind: 'read', engine: 'delve', snapshot },
        ...answersOf(opened, snapshot, undefined),
        limits: [...limits, ...unsureMatch(opened.pair)],
      };
    },
    peakBytes: () => peakOfDelve(opened),
    [Symbol.asyncDispose]() {
      opened.memory[Symbol.dispose]();
      return Promise.resolve();
    },
  };
}
