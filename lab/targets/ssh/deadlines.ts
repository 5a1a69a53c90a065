/** How long each wait may last, milliseconds. Every one can be changed by an option of the target. */
export interface SshDeadlines {
  /** From the first packet to the end of the authentication, for each host on the way. */
  readonly connectMs: number;
  /** Between two signs of life; three that are not answered mean that the connection is lost. */
  readonly keepAliveMs: number;
  /** Until a lost connection is there again, all attempts together. */
  readonly reconnectMs: number;
  /** Until the server answers a request: a channel, a small file, the beginning of a command. */
  readonly answerMs: number;
  /** Between TERM and KILL. */
  readonly graceMs: number;
  /** Without a single byte during a transfer. */
  readonly silenceMs: number;
  /** Between two looks at a process that was started. */
  readonly pollMs: number;
}

export const defaultDeadlines: SshDeadlines = {
  connectMs: 20_000,
  keepAliveMs: 5_000,
  reconnectMs: 30_000,
  answerMs: 30_000,
  graceMs: 3_000,
  silenceMs: 60_000,
  pollMs: 200,
};
