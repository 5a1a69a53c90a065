import { z } from 'zod';
import { LabError } from '../../errors.js';
import { diagnosisOf, evidenceIn } from '../core-here.js';
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
      const empty = given.filter((one) => one.answer.trim() === '').map(({ fact }) => fact);
      if (empty.length > 0) return { kind: 'not-yet', text: 'fill in every field', fields: empty };
      const here = await evidenceIn(place);
      if (here.kind === 'none') return notYet(`nothing can be said without it: ${here.why}`);
      const wrong = wrongAnswers(await diagnosisOf(place), given);
      if (wrong === undefined) return notYet(`the lab finds no deadlock in ${here.file}: take another core`);
      if (wrong.length === 0) return met(`Correct. It matches the lab's diagnosis`);
      const text = `${wrong.length} of ${ask.length} answers ${wrong.length === 1 ? 'does' : 'do'} not fit ${here.file}`;
      return { kind: 'not-yet', text, fields: wrong };
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
