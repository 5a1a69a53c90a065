import { z } from 'zod';
import { buildFlavours } from '../config.js';

/*
 * A lesson is a folder of Markdown: `lesson.md` and one file for each step, `01-....md`. What they do is said in
 * their front matter with the words of a closed vocabulary (lab/workshop/checks, lab/workshop/acts).
 */

const text = z.string().trim().min(1);

/** A word of the vocabulary with its parameters, which the word itself looks at. */
const call = z.looseObject({ kind: text });

const points = z.number().int().nonnegative();
const incident = z.strictObject({
  minutes: z.number().positive().max(120),
  points: z.number().int().positive(),
  /** Lost for each hint, each answer that is wrong, each minute that is over. */
  hint: points,
  wrong: points,
  late: points,
});

export const lessonHeadSchema = z.strictObject({
  title: text,
  goal: text,
  /** A scenario's name, or a list from which one is drawn for each participant. */
  scenario: z.union([text.transform((name) => [name]), z.array(text).min(1)]),
  build: z
    .enum(Object.keys(buildFlavours) as [keyof typeof buildFlavours, ...(keyof typeof buildFlavours)[]])
    .default('default'),
  /** What the program is stays unsaid until it was found: in no name, no message, no chart. */
  blind: z.boolean().default(false),
  /** A time, and points that are lost on the way. */
  incident: incident.optional(),
});

const command = z.union([
  text.transform((run) => ({ run, background: false })),
  z.strictObject({
    run: text,
    /** It goes on; whatever comes next is typed in another terminal. */
    background: z.boolean().default(false),
  }),
]);

/** What the participant says before anything is typed, one of several; whether it was right is told afterwards. */
const prediction = z.strictObject({ ask: text, choices: z.array(text).min(2), right: text });

export const stepHeadSchema = z.strictObject({
  title: text,
  goal: text,
  minutes: z.number().positive().max(60),
  commands: z.array(command).default([]),
  /** What the lab types in the participant's place, where `commands` do not meet the check; told to nobody. */
  solution: z.array(command).default([]),
  predict: prediction.optional(),
  /** What the lab does before the step can begin. */
  setup: call.optional(),
  /** What the lab does when the participant asks for it; it is part of the task. */
  action: z.strictObject({ label: text, act: call }).optional(),
  check: call,
  hints: z.array(text).min(1),
  /** How the lab does the step in the participant's place. */
  solve: z.enum(['commands', 'answers', 'action', 'repair']),
});

export type LessonHead = z.infer<typeof lessonHeadSchema>;
export type StepHead = z.infer<typeof stepHeadSchema>;
export type Command = z.infer<typeof command>;
export type Call = z.infer<typeof call>;
