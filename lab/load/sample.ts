/** How hard the load pushes. Closed loop: each connection keeps `pipelining` requests in flight. */
export interface LoadStep {
  readonly connections: number;
  readonly pipelining: number;
  /** Processes (autocannon) or threads (wrk) of the generator that share the connections. */
  readonly workers: number;
}

/** One look at the load generator, several times a second. */
export interface LoadSample {
  /** Milliseconds of the Unix epoch. */
  readonly at: number;
  /** Since the load began, over all steps. */
  readonly responses: number;
  readonly requestsPerSecond: number;
  /** Connections that failed or were cut, since the load began. */
  readonly errors: number;
  /** Requests that the generator gave up on, since the load began. */
  readonly timeouts: number;
  readonly step: LoadStep;
  /** When the newest response arrived, milliseconds of the Unix epoch; absent before the first. */
  readonly lastResponseAt?: number | undefined;
  /** Share of the time in which the generator's busiest event loop was at work, 0 to 1, when it tells. */
  readonly generatorBusy?: number | undefined;
  /** `false`: this generator tells of errors and timeouts only at its end, so the zeros above mean nothing. */
  readonly countsFailures?: boolean | undefined;
}
