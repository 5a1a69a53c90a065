import type { DetectorConfig, DetectorState } from '../hang/detector-state.js';

/** What is seen of the service's host beside its process's statistics. Times in milliseconds of the Unix epoch. */
export interface HostLook {
  readonly at: number;
  /** Threads in uninterruptible sleep: they wait for a disk. */
  readonly uninterruptible: number;
  /** Bytes that the process has written in all, to files and connections; absent where that cannot be read. */
  readonly written?: number;
  /** Connections that the kernel has completed and the process has not accepted; absent where that is not known. */
  readonly queued?: number;
}

/** The service's own numbers. */
export interface ServiceLook {
  readonly at: number;
  /** A counter of work that is done. */
  readonly progress?: number;
  readonly goroutines?: number;
}

export interface DutyConfig {
  readonly detector: DetectorConfig;
  /** A hang is looked at twice, this far apart, before a core is taken. */
  readonly confirmMs: number;
  /** How long a counter may stand still, while goroutines accumulate. */
  readonly standstillMs: number;
  /** Goroutines that must have come since the counter moved last. */
  readonly accumulated: number;
}

/** Why a service that does not answer is not taken for one that hangs. */
export type Excuse = 'paused' | 'down' | 'unreachable' | 'disk' | 'overloaded' | 'slow' | 'gone';

/** A hang that is being looked at. */
export interface Suspicion {
  readonly since: number;
  readonly why: string;
  readonly isBusy: boolean;
  /** Whether the service did not answer, or only made no progress. */
  readonly by: 'probes' | 'progress';
  readonly host: HostLook | undefined;
  readonly progress: number | undefined;
}

export interface DutyState {
  readonly config: DutyConfig;
  readonly detector: DetectorState;
  readonly phase:
    | { readonly kind: 'watching' }
    | { readonly kind: 'confirming'; readonly suspicion: Suspicion }
    /** Captured, and not answering yet: of one hang one core. */
    | { readonly kind: 'caught' };
  /** The newest, and whether threads waited for a disk in each since the suspicion. */
  readonly host: HostLook | undefined;
  readonly service: ServiceLook | undefined;
  /** When the counter moved last, and how many goroutines there were. */
  readonly moved: { readonly at: number; readonly goroutines: number | undefined } | undefined;
}

/** What is to be done. */
export type DutyAction =
  | { readonly kind: 'look'; readonly number: 1 | 2; readonly why: string }
  | { readonly kind: 'capture'; readonly why: string }
  /** It was no hang. */
  | { readonly kind: 'excused'; readonly as: Excuse; readonly why: string }
  /** It answers again after a hang. */
  | { readonly kind: 'recovered' };
