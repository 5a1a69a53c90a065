/*
 * What the teacher's page is given, as plain data; the page imports these types and nothing else of the lab.
 */

export interface StepStanding {
  readonly state: 'open' | 'tried' | 'met' | 'solved';
  readonly hints: number;
  /** ISO 8601: when something was first asked for, and when its check was met. */
  readonly beganAt?: string | undefined;
  readonly metAt?: string | undefined;
}

/** Where a participant stands, as shared with the teacher. */
export interface Standing {
  readonly name: string;
  readonly host: string;
  /** ISO 8601. */
  readonly at: string;
  /** By lesson, then by step. */
  readonly lessons: Readonly<Record<string, Readonly<Record<string, StepStanding>>>>;
}

/** How it goes for a participant now. */
export type Pace =
  /** Nothing was asked for yet. */
  | { readonly kind: 'away' }
  /** In the queue for a heavy step. */
  | { readonly kind: 'waits'; readonly lane: 'load' | 'core' | 'work'; readonly ahead: number }
  /** `minutes` since anything was reached, breaks not counted. */
  | {
      readonly kind: 'going' | 'stuck';
      readonly lesson: string;
      readonly step: string;
      readonly minutes: number;
    }
  /** All of a lesson is done, and no other one was begun. */
  | { readonly kind: 'done'; readonly lesson: string };

export interface Seat extends Standing {
  readonly pace: Pace;
}

/** A lesson as the grid's columns show it. */
export interface LessonColumns {
  readonly name: string;
  readonly title: string;
  readonly goal: string;
  readonly minutes: number;
  readonly steps: readonly { readonly id: string; readonly title: string; readonly minutes: number }[];
}

/** A part of the class; minutes from its beginning. */
export interface Block {
  readonly kind: 'lesson' | 'break' | 'talk';
  /** The lesson's name. */
  readonly lesson?: string | undefined;
  readonly title: string;
  readonly from: number;
  readonly to: number;
}

export interface ClassPlan {
  /** What all blocks are together. */
  readonly minutes: number;
  readonly blocks: readonly Block[];
  /** Titles of the lessons that there is no time for. */
  readonly atHome: readonly string[];
}

/** The teacher's view. */
export interface ClassView {
  readonly kind: 'class';
  readonly folder: string;
  /** The server's time, ISO 8601. */
  readonly at: string;
  /** When the class began, ISO 8601; absent while its clock does not run. */
  readonly beganAt?: string | undefined;
  readonly plan: ClassPlan;
  readonly lessons: readonly LessonColumns[];
  readonly seats: readonly Seat[];
  /** Minutes without progress after which somebody is stuck. */
  readonly stuckAfter: number;
}

/** What a teacher may do to the clock. */
export const clockVerbs = ['begin', 'stop'] as const;
export type ClockVerb = (typeof clockVerbs)[number];
