import type { LabConfig } from '../config.js';
import type { Emit } from '../events.js';
import type { Scenario } from '../scenarios/scenario.js';
import type { Target } from '../targets/target.js';
import type { Lane } from './heavy.js';
import type { Kept } from './kept.js';
import type { LiveEvent } from './live.js';

/** Ports of one participant, on the loopback interface. */
export interface Ports {
  readonly server: number;
  readonly pprof: number;
  readonly delve: number;
}

/** Where a lesson happens for one participant: what checks look at and the lab works on. */
export interface Place {
  /** The working folder, in which the participant types; absolute. */
  readonly folder: string;
  /** A folder for what the participant is not shown; absolute. */
  readonly vault: string;
  /** The lesson's own folder; absolute. */
  readonly lesson: string;
  readonly scenario: Scenario;
  /** The folder of the program's sources in the working folder. */
  readonly package: string;
  /** Nothing that names the program or what it does may be told. */
  readonly blind: boolean;
  readonly build: LabConfig['build'];
  readonly ports: Ports;
  readonly target: Target;
  readonly emit: Emit;
  /** Tells the page. */
  readonly tell: (event: LiveEvent) => void;
  readonly signal: AbortSignal;
  /** The program's core that was taken before the class; absent where each takes an own one. */
  readonly kept?: Kept | undefined;
  /** Does what is heavy when its turn has come. Not to be asked for from within itself. */
  heavy<T>(lane: Lane, work: () => Promise<T>): Promise<T>;
}

/** The folder of a program's sources; one that is not to be named is called a service. */
export const packageOf = (scenario: Pick<Scenario, 'package'>, blind: boolean): string =>
  blind ? 'service' : scenario.package;

/** What a terminal reads first, in the working folder. */
export const environmentName = 'env.sh';

/** What a check saw. `not-yet` is no failure of the lab: the text says what is there and what is not. */
export type Seen =
  | { readonly kind: 'met'; readonly text: string }
  | {
      readonly kind: 'not-yet';
      readonly text: string;
      /** What is wrong, one line each, beside that. */
      readonly wrong?: readonly string[];
      /** Names of the fields that are to be filled in otherwise. */
      readonly fields?: readonly string[];
    };

export const met = (text: string): Seen => ({ kind: 'met', text });
export const notYet = (text: string): Seen => ({ kind: 'not-yet', text });

/** `http://127.0.0.1:port/path` of the participant's server. */
export function urlOf({ ports, scenario }: Pick<Place, 'ports' | 'scenario'>): string {
  return `http://127.0.0.1:${ports.server}${scenario.server.path}`;
}
