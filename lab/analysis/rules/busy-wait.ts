import type { Spin } from '../releasers/spins.js';
import { agree, behind, type Claim, goroutinesOf, type Rule, type RuleInput } from './rule.js';
import { type Spinners, spinnersOf } from './spinning.js';

const name = 'busy-wait';

/**
 * Goroutines run round a loop that only others can end, and others wait behind them. One look cannot tell how long
 * that has lasted: it is suspected at most.
 */
export const busyWait: Rule = {
  name,
  apply: (input) => spinnersOf(input).map((spinners) => claimOf(spinners, input)),
};

function claimOf({ spin, knot }: Spinners, input: RuleInput): Claim {
  const { buckets, victims } = knot;
  const place = `${spin.function} (${spin.file}:${spin.from}${spin.to === spin.from ? '' : `-${spin.to}`})`;
  const verb = agree(buckets, 'runs', 'run');
  return {
    rule: name,
    class: 'livelock',
    subtype: spin.kind === 'try-lock' ? 'try-lock' : 'busy-wait',
    certainty: 'suspected',
    knot,
    summary: `${goroutinesOf(buckets)} ${verb} round a loop in ${place} ${testOf(spin)}${behind(victims)}.`,
    explanation: `Nothing in the loop waits, and nothing in it changes what it asks. ${changersText(spin, input)} ${looksText(spin, agree(buckets, 'It was', 'They were'))}`,
    suggestion: suggestions[spin.kind],
    roles: new Map(buckets.map(({ key }) => [key, `runs round the loop at line ${spin.from}`])),
  };
}

/** What the loop goes on for. */
export function testOf({ kind, asked }: Pick<Spin, 'kind' | 'asked'>): string {
  const names = asked.slice(0, 2).map((one) => one.name);
  const what = names.length === 0 ? '' : ` ${names.join(' and ')}`;
  switch (kind) {
    case 'try-lock':
      return `that tries to lock${what === '' ? ' something' : what}`;
    case 'channel':
      return `that asks a channel over and over${what === '' ? '' : `:${what}`}`;
    case 'atomic':
    case 'memory':
      return `that waits for another value of${what === '' ? ' a variable' : what}`;
    case 'endless':
      return 'that has no end';
  }
}

function changersText({ changers }: Spin, { graph }: RuleInput): string {
  const told = changers.map(({ function: fn, file, line, buckets }) => {
    const who = graph.buckets.filter(({ key }) => buckets.includes(key));
    const [first] = who;
    const place = `${fn} (${file}:${line})`;
    return first === undefined ? place : `${place}, ahead of goroutine ${first.ids[0]}, which is behind it`;
  });
  if (told.length === 0) return 'No line of the program that changes it was found.';
  const more = told.length > mostTold ? ` and ${told.length - mostTold} more places` : '';
  return `It would be changed in ${[...new Set(told)].slice(0, mostTold).join('; ')}${more}.`;
}

const looksText = ({ looks }: Spin, they: string): string =>
  looks === 1
    ? 'One look does not tell how long it has been running: several do.'
    : `${they} there in each of ${looks} looks.`;

const mostTold = 3;

const suggestions: Readonly<Record<Spin['kind'], string>> = {
  'try-lock':
    'Take the locks in one order with Lock, or give up all that is held and pause before trying again.',
  channel: 'Leave out the default case, so that the select waits; give up by a context or a done channel.',
  atomic:
    'Wait on a channel or a condition variable instead of asking a variable, and hold no lock meanwhile.',
  memory:
    'Wait on a channel or a condition variable instead of asking a variable, and hold no lock meanwhile.',
  endless: 'Let it wait for something that happens: a channel, a signal, a context.',
};
