import { z } from 'zod';
import { buildFlavours } from '../config.js';

/*
 * A lesson is a folder of Markdown: `lesson.md` and one file for each step, `01-....md`. What they do is said in
 * their front matter with the words of a closed vocabulary (lab/workshop/checks, lab/workshop/acts).
 */

const text = z.string().trim().min(1);

/** A word of the vocabulary with its parameters, which the word itself looks at. */
const call = z.looseObject({ kind: text });

export const lessonHeadSchema = z.strictObject({
  title: text,
  goal: text,
  /** A scenario's name, or a list from which one is drawn for each participant. */
  scenario: z.union([text.transform((name) => [name]), z.array(text).min(1)]),
  build: z
    .enum(Object.keys(buildFlavours) as [keyof typeof buildFlavours, ...(keyof typeof buildFlavours)[]])
    .default('default'),
});

const command = z.union([
  text.transform((run) => ({ run, background: false })),
  z.strictObject({
    run: text,
    /** It goes on; whatever comes next is typed in another terminal. */
    background: z.boolean().default(false),
  }),
]);

export const stepHeadSchema = z.strictObject({
  title: text,
  goal: text,
  minutes: z.number().positive().max(60),
  commands: z.array(command).default([]),
  /** What the lab does before the step can begin. */
  setup: call.optional(),
  /** What the lab does when the participant asks for it; it is part of the task. */
  action: z.strictObject({ label: text, act: call }).optional(),
  check: call,
  hints: z.array(text).min(1),
  /** How the lab does the step in the participant's place. */
  solve: z.enum(['commands', 'answers', 'action']),
});

export type LessonHead = z.infer<typeof lessonHeadSchema>;
export type StepHead = z.infer<typeof stepHeadSchema>;
export type Command = z.infer<typeof command>;
export type Call = z.infer<typeof call>;
