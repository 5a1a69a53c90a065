import type { DelveClient } from './client.js';
import { globalScope, smallLoad } from './client.js';
import type { CallOptions } from './rpc.js';

/** Texts of the runtime's wait reasons: `chan send`, `select`, `sync.Mutex.Lock` ... */
export interface WaitReasons {
  /** `core`: the program's own table; `none`: it could not be read, and numbers stay numbers. */
  readonly source: 'core' | 'none';
  /** `wait reason 22` when the number is unknown; empty for 0, which means none. */
  text(reason: number): string;
}

/**
 * Reads the table out of the program itself: `runtime.waitReasonStrings` (runtime/runtime2.go) is an array
 * of strings in its data. The numbers change their meaning from one Go version to the next, so a table kept
 * here would be wrong one day; the program's own cannot be.
 */
export async function readWaitReasons(client: DelveClient, options: CallOptions): Promise<WaitReasons> {
  const load = { ...smallLoad, MaxArrayValues: 512 };
  const seen = await client.eval(globalScope, 'runtime.waitReasonStrings', options, load);
  if (seen.kind === 'unreadable' || seen.variable.children.length === 0) {
    return { source: 'none', text: number };
  }
  const texts = seen.variable.children.map((child) => child.value);
  return { source: 'core', text: (reason) => texts[reason] ?? number(reason) };
}

function number(reason: number): string {
  return reason === 0 ? '' : `wait reason ${reason}`;
}
