import type { Finding } from '../analysis/model/diagnosis.js';
import type { ChecklistInput } from './input.js';
import { valueIn } from './observation.js';
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

const chain = ['SetM', 'sendMetricsToOutChannel', 'startInChannelConsumer'].map(
  (name) => `main.(*Metrics).${name}`,
);

/** What the article concludes, from the one goroutine that matters. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: one claim after the other, as the article makes them
export function causeRows(input: ChecklistInput): ChecklistRow[] {
  const { walk, diagnosis } = input;
  const finding = diagnosis?.findings[0];
  const blamed = finding?.rootCause.goroutines[0];
  const channel = finding?.rootCause.resources.find(({ kind }) => kind === 'channel');
  const cause = ['diagnosis.json', finding?.id ?? 'findings'] as const;
  const known = (look: (finding: Finding) => Judgement): Judgement =>
    diagnosis === undefined
      ? unseen('the core was not analysed')
      : finding === undefined
        ? fails(`the analysis found nothing: ${diagnosis.summary}`)
        : look(finding);
  return [
    row(
      'one-consumer',
      'Exactly one goroutine started in startInChannelConsumer.',
      command('jq-start'),
      judge(walk?.start, ({ function: start, ids, wrapper }) => {
        const seen = `${count(ids.length, 'goroutine')}: ${ids.slice(0, 5).join(', ')}`;
        if (ids.length !== 1 || start !== chain[2]) return fails(`${seen} in ${start}`);
        return wrapper === null
          ? holds(seen)
          : differs(`${seen}, in ${wrapper}`, 'newer compilers start `go m.method()` in a wrapper');
      }),
    ),
    row(
      'consumer-went-to-setm',
      'Started by NewMetrics, it went as far as SetM.',
      ['diagnosis.json', 'rootCause.goroutines'],
      known(() => {
        if (blamed === undefined) return fails('no goroutine is blamed');
        const { goStatementLocation: born, userLocation: now } = blamed;
        const seen = `created by ${born.function}:${born.line}, now in ${now.function}:${now.line}`;
        const found = now.function === chain[0] && /^main\.NewMetrics$/i.test(born.function);
        return found ? holds(seen) : fails(seen);
      }),
    ),
    row(
      'switch-goroutine',
      "Delve's `goroutine` command switches to it.",
      command('dlv-stack'),
      judge(walk?.stack, ({ goroutine, switched }) =>
        switched ? holds(`to goroutine ${goroutine}`) : fails(`not to goroutine ${goroutine}`),
      ),
    ),
    row(
      'stack-shows-the-way',
      'Its stack: startInChannelConsumer called sendMetricsToOutChannel, that SetM.',
      command('dlv-stack'),
      judge(walk?.stack, ({ frames }) => {
        const at = frames.findIndex((frame) => frame.function === chain[0]);
        const way = frames.slice(Math.max(at, 0), at + 3);
        const seen = way.map((frame) => `${frame.function.replace('main.(*Metrics).', '')}:${frame.line}`);
        const same = chain.every((name, index) => way[index]?.function === name);
        return same ? holds(seen.join(' < ')) : fails(frames.map((frame) => frame.function).join(' < '));
      }),
    ),
    row(
      'arguments',
      'SetM was called with key "metrics.raw_channel" and value 100.',
      command('dlv-stack'),
      judgeArguments(input),
    ),
    row(
      'wait-reason',
      'The goroutine is parked with waitReasonChanSend.',
      ['diagnosis.json', 'waitReason'],
      known(() =>
        blamed?.waitReason === 'chan send' ? holds('chan send') : fails(blamed?.waitReason ?? 'none'),
      ),
    ),
    row(
      'not-nil',
      'The channel is not nil: NewMetrics made it.',
      ['diagnosis.json', 'rootCause.resources'],
      known(({ rootCause }) =>
        channel === undefined
          ? fails(rootCause.resources.map(({ kind }) => kind).join(', ') || 'no object')
          : holds(`${channel.name} at ${channel.address}`),
      ),
    ),
    row(
      'channel-full',
      'The channel, of capacity 100, had become full.',
      ['diagnosis.json', 'rootCause.resources'],
      known(() => {
        if (channel?.len === undefined || channel.cap === undefined) return fails('its length is unknown');
        const seen = `${channel.len} of ${channel.cap}`;
        return channel.cap === 100 && channel.len === channel.cap ? holds(seen) : fails(seen);
      }),
    ),
    row(
      'root-cause',
      'The only consumer of the channel deadlocked itself by sending to it.',
      cause,
      known(({ certainty, explanation, rootCause }) => {
        const id = blamed?.id ?? 0;
        const waits = rootCause.edges.some((edge) => edge.relation === 'waits-for' && edge.from === `G${id}`);
        const releases = rootCause.edges.some(
          (edge) => edge.relation === 'released-by' && edge.to === `G${id}`,
        );
        const seen = `${certainty}: ${explanation}`;
        return diagnosis?.verdict === 'deadlock' && waits && releases ? holds(seen) : fails(seen);
      }),
    ),
    row(
      'victims',
      'Every further request is stuck behind it.',
      cause,
      known(({ victims }) => {
        const seen = `${count(victims.goroutines, 'goroutine')} wait behind it`;
        return victims.goroutines >= 100 ? holds(seen) : fails(seen);
      }),
    ),
  ];
}

function judgeArguments({ walk }: ChecklistInput): Judgement {
  return judge(walk?.stack, ({ frames }) => {
    const setM = frames.find((frame) => frame.function === chain[0]);
    if (setM === undefined) return fails('SetM is not on the stack');
    const variable = (name: string) => setM.variables.find((one) => one.name === name)?.value;
    if (variable('key') === '"metrics.raw_channel"' && variable('value') === '100')
      return holds('key = "metrics.raw_channel", value = 100');
    const sent = valueIn(walk?.sending);
    const key = /Key: ("[^"]*")/.exec(sent ?? '')?.[1];
    const value = /Value: (\d+)/.exec(sent ?? '')?.[1];
    if (key === undefined || value === undefined)
      return unseen('optimised away in this build, and the value on its way could not be read');
    const seen = `the value on its way has Key ${key}, Value ${value}`;
    if (key !== '"metrics.raw_channel"') return fails(seen);
    const why = 'the compiler keeps no copy of the arguments: they are read from the value being sent';
    return differs(seen, why);
  });
}
