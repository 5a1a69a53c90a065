import { z } from 'zod';
import { LabError } from '../../errors.js';
import { coreIn, diagnosisOf } from '../core-here.js';
import { choicesOf, factNames, rightAnswers, wrongAnswers } from '../facts.js';
import { met, notYet } from '../place.js';
import { check, word } from '../word.js';

const asked = z.strictObject({ fact: z.enum(factNames), label: z.string().min(1) });

/** `answer`: what the participant found in the core is what the lab's own diagnosis of that core says. */
export const answer = word('answer', z.strictObject({ ask: z.array(asked).min(1) }), ({ ask }) =>
  check({
    fields: ask.map(({ fact, label }) => {
      const choices = choicesOf(fact);
      return { name: fact, label, ...(choices === undefined ? {} : { choices }) };
    }),
    async look(place, answers) {
      const given = ask.map(({ fact }) => ({ fact, answer: answers[fact] ?? '' }));
      if (given.some((one) => one.answer.trim() === '')) return notYet('fill in every field');
      const here = await coreIn(place);
      if (here.kind === 'none') return notYet(`nothing can be said without a core: ${here.why}`);
      const wrong = wrongAnswers(await diagnosisOf(place), given);
      if (wrong === undefined) return notYet(`the lab finds no deadlock in ${here.file}: take another core`);
      if (wrong.length === 0) return met(`Correct. It matches the lab's diagnosis`);
      const names = wrong.map((fact) => ask.find((one) => one.fact === fact)?.label ?? fact);
      const text = `${wrong.length} of ${ask.length} answers do not fit ${here.file}`;
      return { kind: 'not-yet', text, wrong: names };
    },
    async solve(place) {
      const names = ask.map(({ fact }) => fact);
      const right = rightAnswers(await diagnosisOf(place), names);
      if (right === undefined) {
        throw new LabError('the lab knows no answer: its diagnosis of this core names no root cause', {
          code: 'undecided',
          hint: 'reset the steps from the load on and take another core',
        });
      }
      return Object.fromEntries(names.map((name, i) => [name, right[i] ?? '']));
    },
  }),
);
