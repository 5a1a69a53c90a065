import { number } from '../../counted.js';
import type { FleetResult } from '../../fleet/result.js';
import type { FleetSample } from '../../fleet/sample.js';
import { html, type Markup } from '../html.js';
import { stateWords } from './words.js';

/** Of every drawing, in its own units; on the page as wide as there is room. */
const width = 1_000;
const laneHeight = 18;
const rateHeight = 34;

/**
 * The service by instance: what each was found to be, what the balancer's two checks said at the same time, and what it
 * answered; below all, what a visitor got. Drawings without a script, with the same in words for who does not see them.
 */
export function timelineHtml(samples: readonly FleetSample[], looks: Looks): Markup {
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined || samples.length < 2)
    return html`<p>Nobody looked at the fleet.</p>`;
  const x = (at: number): number => (width * (at - first.at)) / (last.at - first.at);
  const most = Math.max(
    1,
    ...samples.flatMap(({ instances }) => instances.map(({ responsesPerSecond }) => responsesPerSecond ?? 0)),
  );
  return html`<div class="timeline" role="group" aria-label="The service by instance, from the first look to the last">
${first.instances.map(({ name }) => instanceLanes(samples, name, { x, most, looks }))}
${lane(visitorCells(samples), x, 'a visitor', true)}
${axis(first.at, last.at)}
</div>`;
}

function visitorCells(samples: readonly FleetSample[]): readonly Cell[] {
  return samples.map(({ at, through: { failed, answered } }) => ({
    at,
    kind: failed > 0 ? (answered > 0 ? 'some' : 'bad') : answered > 0 ? 'good' : 'none',
    title: failed > 0 ? `${failed} requests failed, ${answered} answered` : `${answered} requests answered`,
  }));
}

interface Cell {
  readonly at: number;
  /** Class of its colour. */
  readonly kind: string;
  readonly title: string;
}

type Looks = FleetResult['balancer']['looks'];

/** A balancer that makes no check of its own learns from what it passes on. */
const httpLabels = { asks: 'HTTP check', requests: 'HTTP requests', never: 'HTTP, not seen' } as const;

type Across = (at: number) => number;

function instanceLanes(
  samples: readonly FleetSample[],
  name: string,
  { x, most, looks }: { readonly x: Across; readonly most: number; readonly looks: Looks },
): Markup {
  const rows = samples.flatMap(({ at, instances }) => {
    const row = instances.find((one) => one.name === name);
    return row === undefined ? [] : [{ at, ...row }];
  });
  const check = (kind: 'tcp' | 'http'): readonly Cell[] =>
    rows.map(({ at, balancer }) => {
      const seen = balancer?.[kind];
      if (seen === undefined) return { at, kind: 'none', title: 'the balancer did not tell' };
      if (seen === null) return { at, kind: 'none', title: 'the balancer does not look at that' };
      return { at, kind: seen.up ? 'good' : 'bad', title: `${seen.up ? 'well' : 'failed'} (${seen.said})` };
    });
  const truth = rows.map(({ at, state }) => ({ at, kind: state, title: stateWords[state][0] }));
  return html`${lane(truth, x, `${name} in truth`, true)}
${lane(check('http'), x, httpLabels[looks?.http ?? 'asks'])}
${lane(check('tcp'), x, looks?.tcp === 'requests' ? 'connects' : 'bare connect')}
${rates(rows, x, most)}
`;
}

/** Neighbours of one kind become one bar. */
function lane(cells: readonly Cell[], x: Across, label: string, isFirst = false): Markup {
  const bars: { from: number; to: number; kind: string; title: string }[] = [];
  for (const [i, { at, kind, title }] of cells.entries()) {
    const to = cells[i + 1]?.at ?? at;
    const before = bars.at(-1);
    if (before?.kind === kind && before.title === title) before.to = to;
    else bars.push({ from: at, to, kind, title });
  }
  return html`<span class="label${isFirst && ' first'}">${label}</span>
<svg class="lane" viewBox="0 0 ${width} ${laneHeight}" preserveAspectRatio="none" role="img" aria-label="${label}: ${wordsOf(bars)}">${bars.map(
    ({ from, to, kind, title }) =>
      html`<rect class="${kind}" x="${x(from).toFixed(1)}" width="${Math.max(1, x(to) - x(from)).toFixed(1)}" height="${laneHeight}"><title>${title}</title></rect>`,
  )}</svg>
`;
}

/** What follows what, the first few. */
const mostSpoken = 8;
function wordsOf(bars: readonly { readonly title: string }[]): string {
  const told = bars.slice(0, mostSpoken).map(({ title }) => title);
  return [...told, ...(bars.length > mostSpoken ? ['...'] : [])].join(', then ');
}

function rates(
  rows: readonly { readonly at: number; readonly responsesPerSecond: number | null }[],
  x: Across,
  most: number,
): Markup {
  const points = rows.map(({ at, responsesPerSecond }) => {
    const up = (rateHeight * (responsesPerSecond ?? 0)) / most;
    return `${x(at).toFixed(1)},${(rateHeight - up).toFixed(1)}`;
  });
  const own = Math.max(0, ...rows.map(({ responsesPerSecond }) => responsesPerSecond ?? 0));
  return html`<span class="label rates">answers/s</span>
<div class="rates"><svg class="rate" viewBox="0 0 ${width} ${rateHeight}" preserveAspectRatio="none" role="img" aria-label="at most ${number(Math.round(own))} answers a second">
<line x1="0" x2="${width}" y1="${rateHeight}" y2="${rateHeight}"/>
<polyline points="${points.join(' ')}"><title>at most ${number(Math.round(own))} answers a second</title></polyline></svg></div>
`;
}

function axis(from: number, to: number): Markup {
  const total = (to - from) / 1_000;
  const step = [1, 2, 5, 10, 20, 30, 60].find((one) => total / one <= 6) ?? 120;
  const ticks = Array.from({ length: Math.floor(total / step) + 1 }, (_, i) => i * step);
  return html`<span></span><svg class="axis" aria-hidden="true">${ticks.map(
    (second) =>
      html`<text class="tick" x="${((100 * second) / total).toFixed(1)}%" y="15" text-anchor="${second === 0 ? 'start' : second > 0.95 * total ? 'end' : 'middle'}">${second} s</text>`,
  )}</svg>`;
}
