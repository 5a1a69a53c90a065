import type { StackHolder } from './pool.js';

/** Who might come to the other end of a pipe in memory (`io.Pipe`, `net.Pipe`), for a channel that goroutines wait for in it. */
export interface PipePeers {
  /** Goroutines whose stacks lead to the pipe by a few pointers, those who wait at this end of it left out. */
  readonly near: readonly StackHolder[];
  /** A goroutine has it that could not be told, or not everything was looked into. */
  readonly unknown: boolean;
}

/** A goroutine that waits for a command of `os/exec`, or for one end of it, and has another end that nobody else can use. */
export interface WaitingCommand {
  readonly goroutine: number;
  /** Key of its bucket. */
  readonly bucket: string;
  /** What it does: waits for the command's end, reads what it prints, writes what it reads. */
  readonly doing: 'wait' | 'read' | 'write';
  /** Pipes of the command that nobody uses, and that nothing alive but this goroutine leads to. */
  readonly unused: readonly ('read' | 'write')[];
  /** Goroutines that are blocked themselves, and whose stacks lead to one of these pipes: they would come to it. */
  readonly blockedAt: readonly { readonly goroutine: number; readonly bucket: string }[];
  /** Number of the command's process. */
  readonly pid: number;
}
