import type { Location } from './diagnosis.js';

/** One frame; `index` is what Delve's `frame` command takes. */
export interface Frame extends Location {
  readonly index: number;
  readonly inlined: boolean;
  /** Bytes from the top of the goroutine's stack to the frame's end, negative; inlined calls share their caller's. */
  readonly offset?: number | undefined;
}

/** Code of pools outside of Go's library, and what they are made of. */
export const isPoolCode = (name: string): boolean =>
  /^(?:golang\.org\/x\/sync|github\.com\/jackc\/(?:puddle|pgx)(?:\/v\d+)?)[./]/.test(name) ||
  isStreamCode(name);

/** Code that speaks HTTP/2, outside of Go's library. */
export const isStreamCode = (name: string): boolean =>
  /^(?:golang\.org\/x\/net\/http2|google\.golang\.org\/grpc)(?:\.|\/internal\/)/.test(name);

/** Frames of the runtime and of package sync, between the program and the semaphore. */
export const inSync = (frame: Frame) => /^(?:runtime|sync|internal\/sync)\./.test(frame.function);

/** `Once.Do`, where it waits for the first caller or runs the function; then it holds the lock inside the Once. */
export const isOnce = (frame: Frame) => frame.function === 'sync.(*Once).doSlow';

/** The first frame that is not part of waiting: where the program called `Lock`, `Wait` and so on. */
export const callerOfSync = (frames: readonly Frame[]): Frame | undefined =>
  frames.find((frame) => !inSync(frame));
