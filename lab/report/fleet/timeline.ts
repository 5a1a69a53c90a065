import { number } from '../../counted.js';
import type { FleetResult } from '../../fleet/result.js';
import type { FleetSample } from '../../fleet/sample.js';
import { html, type Markup } from '../html.js';
import { stateWords } from './words.js';

/** Lengths of the drawing, in its own units. */
const width = 1_000;
const left = 130;
const laneHeight = 18;
const laneGap = 4;
const groupGap = 16;
const rateHeight = 34;

/**
 * The service by instance: what each was found to be, what the balancer's two checks said at the same time, and what it
 * answered; below all, what a visitor got. A drawing without a script, with the same in words for who does not see it.
 */
export function timelineSvg(samples: readonly FleetSample[], looks: Looks): Markup {
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined || samples.length < 2)
    return html`<p>Nobody looked at the fleet.</p>`;
  const x = (at: number): number => left + ((width - left) * (at - first.at)) / (last.at - first.at);
  const names = first.instances.map(({ name }) => name);
  const most = Math.max(
    1,
    ...samples.flatMap(({ instances }) => instances.map(({ responsesPerSecond }) => responsesPerSecond ?? 0)),
  );
  const groupHeight = 3 * (laneHeight + laneGap) + rateHeight + groupGap;
  const height = names.length * groupHeight + laneHeight + 34;
  const groups = names.map((name, i) => instanceLanes(samples, name, { y: i * groupHeight, x, most, looks }));
  const visitorAt = names.length * groupHeight;
  return html`<svg class="timeline" viewBox="0 0 ${width} ${height}" role="img" aria-label="The service by instance, from the first look to the last">
${groups}
${lane(
  samples.map(({ at, through }) => ({
    at,
    kind:
      through.failed > 0 ? (through.answered > 0 ? 'some' : 'bad') : through.answered > 0 ? 'good' : 'none',
    title:
      through.failed > 0
        ? `${through.failed} requests failed, ${through.answered} answered`
        : `${through.answered} requests answered`,
  })),
  { y: visitorAt, x, label: 'a visitor' },
)}
${axis(first.at, last.at, visitorAt + laneHeight + 4, x)}
</svg>`;
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

interface Place {
  readonly y: number;
  readonly x: (at: number) => number;
}

function instanceLanes(
  samples: readonly FleetSample[],
  name: string,
  { y, x, most, looks }: Place & { readonly most: number; readonly looks: Looks },
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
  const step = laneHeight + laneGap;
  const truth = rows.map(({ at, state }) => ({ at, kind: state, title: stateWords[state][0] }));
  return html`<g>
${lane(truth, { y, x, label: `${name} in truth` })}
${lane(check('http'), { y: y + step, x, label: httpLabels[looks?.http ?? 'asks'] })}
${lane(check('tcp'), { y: y + 2 * step, x, label: looks?.tcp === 'requests' ? 'connects' : 'bare connect' })}
${rates(rows, { y: y + 3 * step, x, most })}
</g>`;
}

/** Neighbours of one kind become one bar. */
function lane(cells: readonly Cell[], { y, x, label }: Place & { readonly label: string }): Markup {
  const bars: { from: number; to: number; kind: string; title: string }[] = [];
  for (const [i, { at, kind, title }] of cells.entries()) {
    const to = cells[i + 1]?.at ?? at;
    const before = bars.at(-1);
    if (before?.kind === kind && before.title === title) before.to = to;
    else bars.push({ from: at, to, kind, title });
  }
  return html`<text x="${left - 8}" y="${y + 13}" text-anchor="end">${label}</text>
${bars.map(
  ({ from, to, kind, title }) =>
    html`<rect class="${kind}" x="${x(from).toFixed(1)}" y="${y}" width="${Math.max(1, x(to) - x(from)).toFixed(1)}" height="${laneHeight}"><title>${title}</title></rect>`,
)}`;
}

function rates(
  rows: readonly { readonly at: number; readonly responsesPerSecond: number | null }[],
  { y, x, most }: Place & { readonly most: number },
): Markup {
  const points = rows.map(({ at, responsesPerSecond }) => {
    const up = (rateHeight * (responsesPerSecond ?? 0)) / most;
    return `${x(at).toFixed(1)},${(y + rateHeight - up).toFixed(1)}`;
  });
  return html`<text x="${left - 8}" y="${y + 20}" text-anchor="end">answers/s</text>
<line x1="${left}" x2="${width}" y1="${y + rateHeight}" y2="${y + rateHeight}"/>
<polyline points="${points.join(' ')}"><title>at most ${number(most)} answers a second</title></polyline>`;
}

function axis(from: number, to: number, y: number, x: (at: number) => number): Markup {
  const total = (to - from) / 1_000;
  const step = [1, 2, 5, 10, 20, 30, 60].find((one) => total / one <= 12) ?? 120;
  const ticks = Array.from({ length: Math.floor(total / step) + 1 }, (_, i) => i * step);
  return html`${ticks.map(
    (second) =>
      html`<text class="tick" x="${x(from + second * 1_000).toFixed(1)}" y="${y + 18}" text-anchor="middle">${second} s</text>`,
  )}`;
}
