import { withDeadline } from '../deadline.js';
import { interrupted, messageOf } from '../errors.js';

/** A goroutine as `/debug/pprof/goroutine?debug=2` lists it. */
export interface ListedGoroutine {
  readonly id: number;
  /** For example `running`, `chan send`, `IO wait`; the words depend on the Go version. */
  readonly state: string;
  /** Its stack, innermost function first, inlined ones included. */
  readonly functions: readonly string[];
}

/** What that page said, or why it said nothing. */
export type GoroutinePage =
  | { readonly kind: 'seen'; readonly goroutines: readonly ListedGoroutine[] }
  | { readonly kind: 'not-seen'; readonly why: string };

const noWait = /^(?:running|runnable|syscall|waiting|preempted|copystack|idle|dead)\b/;

/** Reads the list from a program that serves net/http/pprof. A page that does not come is a value. */
export async function readGoroutines(
  pprofUrl: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<GoroutinePage> {
  const url = `${pprofUrl}/debug/pprof/goroutine?debug=2`;
  // Loaded when needed: a capture, which a hanging service waits for, does not.
  const { request } = await import('undici');
  const deadline = withDeadline(signal, timeoutMs);
  try {
    const { body, statusCode } = await request(url, { reset: true, signal: deadline });
    const text = await body.text();
    if (statusCode !== 200) return { kind: 'not-seen', why: `${url} answers with ${statusCode}` };
    return { kind: 'seen', goroutines: parseGoroutines(text) };
  } catch (error) {
    if (signal.aborted) throw interrupted(error);
    const why = deadline.aborted ? `${url} does not answer within ${timeoutMs} ms` : messageOf(error);
    return { kind: 'not-seen', why };
  }
}

/** Parses what `runtime.Stack` prints of all goroutines (Go's `src/runtime/traceback.go`). */
export function parseGoroutines(text: string): ListedGoroutine[] {
  return text.split('\n\n').flatMap((block) => {
    const [head = '', ...lines] = block.split('\n');
    const [, id, state] = /^goroutine (\d+) .*?\[([^\],]+)[^\]]*\]:$/.exec(head) ?? [];
    if (id === undefined || state === undefined) return [];
    const functions = lines
      .filter((line) => /^\S.*\)$/.test(line) && !line.startsWith('created by '))
      .map((line) => line.slice(0, line.lastIndexOf('(')));
    return [{ id: Number(id), state, functions }];
  });
}

/** Goroutines with that function on their stack, whatever they do. */
export function standingIn(goroutines: readonly ListedGoroutine[], name: string): ListedGoroutine[] {
  return goroutines.filter(({ functions }) => functions.includes(name));
}

/** Whether it waits for something. */
export const waits = ({ state }: Pick<ListedGoroutine, 'state'>): boolean => !noWait.test(state);

/** Of those, the ones that wait for something. */
export function parkedIn(goroutines: readonly ListedGoroutine[], name: string): ListedGoroutine[] {
  return standingIn(goroutines, name).filter(waits);
}
