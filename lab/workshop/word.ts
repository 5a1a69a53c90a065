import type { z } from 'zod';
import { parameterComplaints } from '../complaints.js';
import { LabError } from '../errors.js';
import type { Lane } from './heavy.js';
import type { Call } from './lesson.js';
import type { Place, Seen } from './place.js';

/** What the participant typed into the fields of a step, by their names. */
export type Answers = Readonly<Record<string, string>>;

/** A field that the page asks the participant to fill. */
export interface Field {
  readonly name: string;
  readonly label: string;
  /** What may be chosen; free text when absent. */
  readonly choices?: readonly string[];
}

/** Lines that were exchanged, as `diff -u` prints them. */
export interface Change {
  readonly title: string;
  readonly text: string;
}

/** A check that a step may ask for, its parameters understood. */
export interface Check {
  readonly fields: readonly Field[];
  /** It is met by changing the sources. */
  readonly repairs?: true;
  /** What the commands are that meet it, where they are heavy. */
  readonly lane?: Lane;
  /** Looks at the real state of things; throws only when the lab itself is broken. */
  look(place: Place, answers: Answers): Promise<Seen>;
  /** The answers that meet it, for checks that ask. */
  solve(place: Place): Promise<Answers>;
  /** Takes back what the step made, so that it can be done again. */
  reset(place: Place): Promise<void>;
  /** What may be seen once it is met. */
  changes?(place: Place): Promise<readonly Change[]>;
}

/** Something that the lab does. */
export interface Act {
  run(place: Place): Promise<void>;
}

/** A word of the vocabulary: parameters as they stand in a front matter, understood or refused with a reason. */
export interface Word<T> {
  readonly kind: string;
  parse(call: Call): T;
}

export class Misworded extends Error {}

/** Defines a word by the shape of its parameters. */
export function word<S extends z.ZodObject, T>(
  kind: string,
  parameters: S,
  make: (given: z.infer<S>) => T,
): Word<T> {
  return {
    kind,
    parse({ kind: _kind, ...given }) {
      const parsed = parameters.safeParse(given);
      if (parsed.success) return make(parsed.data);
      throw new Misworded(`${kind}: ${parameterComplaints(parsed.error, given)}`);
    },
  };
}

/** A check from what it has; most ask nothing and leave nothing. */
export function check(parts: Pick<Check, 'look'> & Partial<Check>): Check {
  return {
    fields: [],
    async solve() {
      throw new LabError('this check asks nothing', { code: 'internal' });
    },
    async reset() {},
    ...parts,
  };
}
