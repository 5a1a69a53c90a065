import { headSize } from '../core/wrapping.js';

/** A stream that is read once. Whoever stops early ends what it comes from. */
export type Bytes = AsyncIterable<Buffer>;

/** What a stream begins with, at least {@link headSize} bytes where it has as many, and all of it. */
export interface Peeked {
  readonly head: Buffer;
  readonly bytes: Bytes;
  /** Ends what the stream comes from, when nobody reads it. */
  close(): Promise<void>;
}

export async function peek(bytes: Bytes): Promise<Peeked> {
  const source = bytes[Symbol.asyncIterator]();
  let head: Buffer = Buffer.alloc(0);
  let done = false;
  while (head.length < headSize && !done) {
    const next = await source.next();
    if (next.done === true) done = true;
    else head = head.length === 0 ? next.value : Buffer.concat([head, next.value]);
  }
  const close = async () => {
    await source.return?.();
  };
  return { head, close, bytes: all(head, done, source, close) };
}

async function* all(
  head: Buffer,
  done: boolean,
  source: AsyncIterator<Buffer>,
  close: () => Promise<void>,
): AsyncGenerator<Buffer> {
  try {
    yield head;
    for (
      let next = done ? undefined : await source.next();
      next?.done === false;
      next = await source.next()
    ) {
      yield next.value;
    }
  } finally {
    await close();
  }
}
