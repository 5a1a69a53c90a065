/** How hard the load pushes. Closed loop: each connection keeps `pipelining` requests in flight. */
export interface LoadStep {
  readonly connections: number;
  readonly pipelining: number;
  /** Worker threads of the load generator. */
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
}
