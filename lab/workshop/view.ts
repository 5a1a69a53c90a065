import type { ClassView } from './desk/class-view.js';
import type { Command } from './lesson.js';
import type { Change, Field } from './word.js';

/*
 * What the pages are given, as plain data; the pages import these types and nothing else of the lab.
 */

export interface SeenView {
  readonly kind: 'met' | 'not-yet';
  readonly text: string;
  readonly wrong?: readonly string[] | undefined;
  /** Names of fields whose answers are wrong or missing. */
  readonly fields?: readonly string[] | undefined;
}

export interface PredictView {
  readonly ask: string;
  readonly choices: readonly string[];
  readonly given?: string | undefined;
  /** Once the step is met. */
  readonly right?: string | undefined;
}

export interface StepView {
  readonly id: string;
  readonly title: string;
  /** HTML, as are `html` and `hints`. */
  readonly goal: string;
  readonly minutes: number;
  readonly html: string;
  /** What is told once it is met. */
  readonly told?: string | undefined;
  readonly changes?: readonly Change[] | undefined;
  readonly predict?: PredictView | undefined;
  readonly commands: readonly Command[];
  readonly fields: readonly Field[];
  /** The label of what the lab does when asked. */
  readonly action?: string | undefined;
  /** Whether the lab has done what it does before the step; `none` when that is nothing. */
  readonly setup: 'none' | 'open' | 'done';
  readonly met: boolean;
  readonly solved: boolean;
  readonly seen?: SeenView | undefined;
  readonly answers: Readonly<Record<string, string>>;
  /** Those that were asked for, and how many there are. */
  readonly hints: readonly string[];
  readonly hintsInAll: number;
}

export interface LessonView {
  readonly name: string;
  readonly title: string;
  readonly goal: string;
  readonly html: string;
  readonly minutes: number;
  /** The working folder. */
  readonly folder: string;
  /** Whether the page has terminals. */
  readonly terminal: boolean;
  /** Whether a terminal finds there what it needs. */
  readonly ready: boolean;
  readonly incident?: IncidentView | undefined;
  /** Once every step is met. */
  readonly end?: EndView | undefined;
  readonly steps: readonly StepView[];
}

/** A timed exercise, its time and what is left of its points. Times in ISO 8601. */
export interface IncidentView {
  readonly minutes: number;
  readonly points: number;
  readonly most: number;
  readonly begunAt?: string | undefined;
  readonly endedAt?: string | undefined;
  /** What a hint, a wrong answer, a minute too much cost. */
  readonly costs: { readonly hint: number; readonly wrong: number; readonly late: number };
  readonly lost: readonly { readonly what: string; readonly points: number }[];
}

export interface EndView {
  readonly at: string;
  /** Steps that the participant has done, and all. */
  readonly own: number;
  readonly all: number;
  /** The wait-for graph of the participant's own core: an SVG file. */
  readonly graph?: string | undefined;
  /** What did not come by itself: by step. */
  readonly missed: readonly { readonly step: string; readonly what: string }[];
}

/** The workbook of one participant. */
export interface WorkbookView {
  readonly kind: 'workbook';
  /** Grows with each change, after a restart too: answers that overtake each other can be told apart. */
  readonly version: number;
  readonly name: string;
  readonly lessons: readonly LessonView[];
  /** What the lab is at. */
  readonly busy?: { readonly lesson: string; readonly step: string; readonly verb: string } | undefined;
  /** Why what was asked for last was not done. */
  readonly trouble?: { readonly lesson: string; readonly step: string; readonly text: string } | undefined;
}

export type PageView = WorkbookView | ClassView;

/** What the participant may ask for. */
export const verbs = ['prepare', 'predict', 'check', 'act', 'hint', 'solve', 'reset', 'restart'] as const;
export type Verb = (typeof verbs)[number];
