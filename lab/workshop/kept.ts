import { createHash } from 'node:crypto';
import type { Diagnosis } from '../analysis/model/diagnosis.js';
import type { LabConfig } from '../config.js';

/** A core that was taken before a class, of one program. */
export interface Kept {
  /** Executable, core and the sources that it was built from; absolute. */
  readonly folder: string;
  /** The core's file name. */
  readonly core: string;
  readonly diagnosis: Diagnosis;
  /** The same as one file, to be taken home; absolute. */
  readonly archive: string;
}

/** By the names of {@link shelfName}. */
export type Shelf = ReadonlyMap<string, Kept>;

export interface Program {
  /** Nothing that is told may name it. */
  readonly blind: boolean;
  readonly scenario: string;
  readonly build: LabConfig['build'];
}

/** Where its core is kept; it stands in paths that a participant sees. */
export function shelfName({ scenario, build, blind }: Program): string {
  const name = `${scenario}-${build}`;
  return blind ? `unknown-${createHash('sha256').update(name).digest('hex').slice(0, 8)}` : name;
}
