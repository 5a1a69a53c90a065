import type { ProcessExit, Target, TargetProcess } from '../../targets/target.js';
import type { Tool } from '../../toolchain/locate.js';
import type { HealthCheck } from '../options.js';

/** An instance as the balancer is told of it. */
export interface Backend {
  /** For example `i1`. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

/** The balancer's opinion by one kind of check, in its own word for it; `up` also while it is only about to fall. */
export interface CheckSeen {
  readonly up: boolean;
  readonly said: string;
}

/** How a balancer learns of its own accord: it `asks`, or looks at the `requests` that it passes on, or `never`. */
export const waysToLook = ['asks', 'requests', 'never'] as const;
export type WaysToLook = Readonly<Record<HealthCheck, (typeof waysToLook)[number]>>;

/** What a balancer says of one instance, by its own statistics. */
export interface BackendView {
  readonly name: string;
  /** Whether it may get requests. `drained`: it was taken out by hand. */
  readonly service: 'up' | 'down' | 'drained';
  /** What each kind of check last said; `undefined` of a kind that this balancer does not make. */
  readonly checks: Readonly<Record<HealthCheck, CheckSeen | undefined>>;
  /** Connections open now. */
  readonly sessions: number;
  /** Requests that it answered since the balancer began; of a balancer that sees connections only, the bytes that came from it. */
  readonly answers?: number;
  readonly bytesOut?: number;
  /** Since the balancer began: connects that failed, connections that broke, tries again. */
  readonly connectErrors: number;
  readonly responseErrors: number;
  readonly retries: number;
}

export interface BalancerView {
  /** Milliseconds of the Unix epoch. */
  readonly at: number;
  /** Connections of clients, where it tells. */
  readonly clients?: number;
  readonly backends: readonly BackendView[];
}

export interface StartBalancer {
  readonly target: Target;
  readonly tool: Tool;
  readonly backends: readonly Backend[];
  readonly healthCheck: HealthCheck;
  /** Whether the instances speak HTTP/2 without TLS. */
  readonly http2?: boolean;
  /** Path that a check over HTTP asks for. */
  readonly path: string;
  /** 0: any free one. */
  readonly port: number;
  /** Folder that keeps its configuration and its log. */
  readonly dir: string;
}

/** A running balancer. Disposing it ends it. */
export interface RunningBalancer extends AsyncDisposable {
  readonly process: TargetProcess;
  /** `http://host:port` where clients come. */
  readonly origin: string;
  /** Resolves when it is gone; never rejects. */
  readonly exited: Promise<ProcessExit>;
  /** Its statistics now; `undefined` when it does not tell within two seconds. */
  look(signal: AbortSignal): Promise<BalancerView | undefined>;
  /** Sends it nothing new, and ends what it still holds: a hung instance would hold it for ever. */
  drain(name: string, signal: AbortSignal): Promise<void>;
  /** Sends it requests again, once its checks have passed. */
  readmit(name: string, signal: AbortSignal): Promise<void>;
}

/** A kind of load balancer: one file beside this one, and a line in `index.ts`. */
export interface Balancer {
  readonly name: string;
  /** Debian's. */
  readonly package: string;
  /** `connections` as they are, or `requests`, which it takes out of their connections. */
  readonly passesOn: 'connections' | 'requests';
  /** It speaks HTTP/2 to instances that can: many requests at a time on one connection. */
  readonly speaksHttp2?: true;
  /** What it looks at where that check decides. */
  looks(healthCheck: HealthCheck): WaysToLook;
  /** Throws `port-taken`, `target` with the end of its log, `interrupted`; nothing of it is left then. */
  start(options: StartBalancer, signal: AbortSignal): Promise<RunningBalancer>;
}
