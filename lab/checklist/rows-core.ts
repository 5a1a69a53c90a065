import type { ChecklistInput } from './input.js';
import {
  type ChecklistRow,
  command,
  count,
  differs,
  fails,
  holds,
  type Judgement,
  judge,
  row,
  unseen,
} from './row.js';

interface Counted {
  readonly function: string | null;
  readonly line: number;
  readonly count: number;
}

const countS = 'main.(*Metrics).CountS';
const consumer = 'main.(*Metrics).startInChannelConsumer';

/** What the article finds in the list of goroutines. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: one claim after the other, as the article makes them
export function coreRows(input: ChecklistInput): ChecklistRow[] {
  const { walk, diagnosis, load } = input;
  const place = command('jq-table');
  const listed = (test: Test, expected: Expectation) => judgeListed(input, test, expected);
  return [
    row(
      'delve-headless',
      'Delve opens the core without the process and serves its API.',
      command('dlv-headless'),
      judge(walk?.listening, (address) => holds(`API server listening at: ${address}`)),
    ),
    row(
      'list-is-long',
      'The list of goroutines is too long to read.',
      command('list-goroutines'),
      judge(walk?.list, ({ goroutines, complete }) => {
        const seen = `${count(goroutines, 'goroutine')}${complete ? '' : ' on the first page'}`;
        return goroutines >= 1_000 ? holds(seen) : differs(seen, 'fewer requests were stuck');
      }),
    ),
    row(
      'list-as-json',
      'One request through nc brings it as JSON, in the field `result`.',
      command('jq-first'),
      judge(walk?.list, ({ file, bytes, keys }) => {
        const wanted = ['id', 'currentLoc', 'userCurrentLoc', 'goStatementLoc', 'startLoc', 'threadID'];
        const missing = wanted.filter((key) => !keys.includes(key));
        if (missing.length > 0) return fails(`no ${missing.join(', ')} in ${file}`);
        return differs(
          `${file}, ${(bytes / 1e6).toFixed(1)} MB, in result.Goroutines`,
          "Delve's API version 2 nests the list, and since 1.24 there is no other",
        );
      }),
    ),
    row(
      'first-goroutine',
      'Goroutine 1 started in runtime.main and is in main.run.',
      command('jq-first'),
      judge(walk?.list, ({ first }) => {
        if (first === null) return unseen('goroutine 1 is not on the first page');
        const seen = `started in ${first.start}, is in ${first.user}`;
        return first.start === 'runtime.main' && first.user === 'main.run' ? holds(seen) : fails(seen);
      }),
    ),
    row(
      'table-counts',
      '1000 goroutines are at the same line of CountS, sending.',
      place,
      listed(named(countS), { atLeast: Math.min(1_000, load?.step.connections ?? 1_000), name: 'CountS' }),
    ),
    row(
      'table-setm',
      'One goroutine is in SetM.',
      place,
      listed(named('main.(*Metrics).SetM'), { exactly: 1, name: 'SetM' }),
    ),
    row(
      'table-out-consumer',
      'One goroutine is in startOutChannelConsumer.',
      place,
      listed(named('main.(*Metrics).startOutChannelConsumer'), {
        exactly: 1,
        name: 'startOutChannelConsumer',
      }),
    ),
    row(
      'table-run',
      'One goroutine is in main.run.',
      place,
      listed(named('main.run'), { exactly: 1, name: 'run' }),
    ),
    row(
      'table-signals',
      'One goroutine waits for signals in os/signal.signal_recv.',
      place,
      listed(named('os/signal.signal_recv'), { exactly: 1, name: 'signal_recv' }),
    ),
    row('table-poll', 'One goroutine waits for connections in runtime_pollWait.', place, judgePoll(input)),
    row(
      'table-gopark',
      "Six of the runtime's own goroutines are in runtime.gopark.",
      place,
      judge(walk?.table, (table) => {
        const total = sum(table, named('runtime.gopark'));
        if (total === 6) return holds(atLines(table, named('runtime.gopark')));
        const why = 'how many goroutines the runtime has of its own depends on the Go version';
        return total === 0 ? fails('none') : differs(atLines(table, named('runtime.gopark')), why);
      }),
    ),
    row(
      'table-no-consumer',
      'startInChannelConsumer is nowhere in the table.',
      place,
      judgeNoConsumer(walk?.table, diagnosis?.userLocations),
    ),
  ];
}

type Test = (counted: Counted) => boolean;
type Expectation = { readonly name: string; readonly atLeast?: number; readonly exactly?: number };

const named =
  (name: string): Test =>
  (counted) =>
    counted.function === name;

/**
 * Delve's raw list gives an inlined call the name of the function that it was inlined into; the diagnosis
 * unfolds inlined frames, so its table is asked second.
 */
function judgeListed({ walk, diagnosis }: ChecklistInput, test: Test, wanted: Expectation): Judgement {
  const enough = (table: readonly Counted[]): boolean => {
    const total = sum(table, test);
    return wanted.exactly === undefined ? total >= (wanted.atLeast ?? 1) : total === wanted.exactly;
  };
  const unfolded = diagnosis?.userLocations ?? [];
  return judge(walk?.table, (table) => {
    if (enough(table)) return holds(atLines(table, test));
    if (enough(unfolded)) {
      return differs(
        `${atLines(unfolded, test)}, inlined frames unfolded`,
        `the compiler inlined ${wanted.name}, and Delve's list names the caller`,
      );
    }
    const best = sum(unfolded, test) > 0 ? unfolded : table;
    const total = sum(best, test);
    if (wanted.atLeast !== undefined && total > 100)
      return differs(atLines(best, test), 'fewer requests were on their way when it hung');
    return fails(total === 0 ? 'none' : atLines(best, test));
  });
}

function judgePoll({ walk }: ChecklistInput): Judgement {
  return judge(walk?.table, (table) => {
    const poll = named('internal/poll.runtime_pollWait');
    if (sum(table, poll) === 1) return holds(atLines(table, poll));
    const accept: Test = (counted) => counted.function?.startsWith('net.(*netFD).') === true;
    const both: Test = (counted) => poll(counted) || accept(counted);
    if (sum(table, both) === 0) return fails('none');
    return differs(
      atLines(table, both),
      "newer Delves count internal/poll as the runtime's; pprof has a listener of its own here",
    );
  });
}

function judgeNoConsumer(
  table: NonNullable<ChecklistInput['walk']>['table'] | undefined,
  unfolded: readonly Counted[] | undefined,
): Judgement {
  return judge(table, (rows) => {
    if (sum(rows, named(consumer)) === 0) return holds('it is not');
    if (unfolded === undefined) return unseen('the core was not analysed');
    return sum(unfolded, named(consumer)) === 0
      ? differs(
          "it is in Delve's list, and not once inlined frames are unfolded",
          'the compiler inlined the calls below it, and Delve names the caller',
        )
      : fails(atLines(unfolded, named(consumer)));
  });
}

function sum(table: readonly Counted[], test: Test): number {
  return table.filter(test).reduce((total, counted) => total + counted.count, 0);
}

function atLines(table: readonly Counted[], test: Test): string {
  const rows = table.filter(test).map((one) => `${one.count} in ${one.function ?? 'null'}:${one.line}`);
  return rows.join(', ');
}
