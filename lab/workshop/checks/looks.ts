import { z } from 'zod';
import { LabError } from '../../errors.js';
import { type Compared, comparedHere, processNames } from '../looks.js';
import { met, notYet } from '../place.js';
import { check, word } from '../word.js';

const factNames = ['waiting', 'stuck', 'still', 'went'] as const satisfies readonly (keyof Compared)[];
const asked = z.strictObject({ fact: z.enum(factNames), label: z.string().min(1) });

/** `looks`: what the participant says of the two processes is what the lab's comparison of the same looks says. */
export const looks = word('looks', z.strictObject({ ask: z.array(asked).min(1) }), ({ ask }) =>
  check({
    fields: ask.map(({ fact, label }) => ({
      ...{ name: fact, label },
      ...(fact === 'stuck' ? { choices: processNames } : {}),
    })),
    async look(place, answers) {
      const given = ask.map(({ fact }) => ({ fact, answer: (answers[fact] ?? '').trim() }));
      const empty = given.filter(({ answer }) => answer === '').map(({ fact }) => fact);
      if (empty.length > 0) return { kind: 'not-yet', text: 'fill in every field', fields: empty };
      const right = await comparedHere(place);
      if (right === undefined) return notYet('the looks are not there: prepare the lesson again');
      const wrong = given
        .filter(({ fact, answer }) => String(right[fact]) !== answer)
        .map(({ fact }) => fact);
      if (wrong.length === 0) return met('Correct. It matches the lab’s comparison');
      return {
        kind: 'not-yet',
        text: `${wrong.length} of ${ask.length} do not fit the looks`,
        fields: wrong,
      };
    },
    async solve(place) {
      const right = await comparedHere(place);
      if (right === undefined) throw new LabError('the looks are not there', { code: 'undecided' });
      return Object.fromEntries(ask.map(({ fact }) => [fact, String(right[fact])]));
    },
  }),
);
