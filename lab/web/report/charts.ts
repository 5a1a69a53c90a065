import uPlot from 'uplot';
import { type Colours, coloursOf } from './colours.js';
import 'uplot/dist/uPlot.min.css';
import type { Series, Timeline } from '../../report/page-data.js';
import { drawPhases, drawProbes, probeText, titleOfProbes } from './chart-marks.js';
import { bytes, number } from './words.js';

/** Charts one below the other, whose cursors move together. */
export interface Charts {
  /** Moves the cursor to a time, seconds. */
  point(t: number): void;
  resize(): void;
  remove(): void;
}

interface Plan {
  readonly title: string;
  readonly height: number;
  readonly words: (value: number) => string;
  readonly data: uPlot.AlignedData;
  readonly series: readonly Partial<uPlot.Series>[];
  /** What the track shows at an index of its data. */
  readonly told: (index: number) => string;
  /** Drawn over the series. */
  readonly draw?: (plot: uPlot) => void;
}

const axisWidth = 68;

/** Draws what was recorded; `onCursor` hears where the pointer is, in seconds. */
export function drawCharts(
  box: HTMLElement,
  timeline: Timeline,
  onCursor: (t: number | undefined) => void,
): Charts {
  const colours = coloursOf(box);
  const plans = plansOf(timeline, colours);
  const key = 'run';
  // The cursors follow each other, so that one may speak for all, and one that was moved by hand for itself.
  let quiet = false;
  const plots = plans.map((plan, i) => {
    const { frame, target, value } = frameOf(plan);
    box.append(frame);
    const last = i === plans.length - 1;
    const plot = new uPlot(
      optionsOf(plan, { timeline, colours, first: i === 0, last, key, value, width: box.clientWidth }),
      plan.data,
      target,
    );
    plot.over.addEventListener('mousemove', () => {
      if (!quiet && plot.cursor.left !== undefined && plot.cursor.left !== null && plot.cursor.left >= 0)
        onCursor(plot.posToVal(plot.cursor.left, 'x'));
    });
    const touch = (event: TouchEvent): void => {
      const [finger] = event.touches;
      if (finger === undefined) return;
      const t = plot.posToVal(finger.clientX - plot.over.getBoundingClientRect().left, 'x');
      if (t < 0 || t > timeline.span) return;
      point(t);
      onCursor(t);
    };
    plot.over.addEventListener('touchstart', touch, { passive: true });
    plot.over.addEventListener('touchmove', touch, { passive: true });
    return plot;
  });
  const point = (t: number): void => {
    quiet = true;
    for (const plot of plots) plot.setCursor({ left: plot.valToPos(t, 'x'), top: 10 }, false);
    quiet = false;
  };
  return {
    point,
    resize() {
      const width = box.clientWidth;
      for (const plot of plots) if (plot.width !== width) plot.setSize({ width, height: plot.height });
    },
    remove() {
      for (const plot of plots) plot.destroy();
      box.replaceChildren();
    },
  };
}

/** A track with its title, and room for the value under the cursor. */
function frameOf({ title }: Plan) {
  const frame = document.createElement('figure');
  const caption = document.createElement('figcaption');
  const value = document.createElement('b');
  value.className = 'track-value';
  caption.append(title, value);
  const target = document.createElement('div');
  target.setAttribute('role', 'img');
  target.setAttribute('aria-label', `${title}; the table below has the numbers`);
  frame.append(caption, target);
  return { frame, target, value };
}

function plansOf(timeline: Timeline, colours: Colours): Plan[] {
  const { requests, cpu, memory, stuck, probes } = timeline;
  const { accent, wash, bad } = colours;
  const line = { stroke: accent, fill: wash, width: 2, points: { show: false } };
  const track = (title: string, height: number, words: Plan['words'], { t, v }: Series): Plan => ({
    ...{ title, height, words, data: [[...t], [...v]], series: [line] },
    told: (index) => words(v[index] ?? 0),
  });
  const all: readonly (Plan | false)[] = [
    requests.t.length > 1 && track('Requests per second', 110, number, requests),
    probes.length > 0 && {
      ...{ title: titleOfProbes(probes), height: 90, words: number },
      ...{ data: [probes.map(({ t }) => t), probes.map(({ ms }) => ms)] },
      series: [{ paths: () => null, points: { show: false } }],
      told: (index) => probeText(probes[index]),
      draw: (plot: uPlot) => drawProbes(plot, probes, colours),
    },
    stuck.t.length > 1 && {
      ...track('Goroutines (stuck ones accumulate)', 80, number, stuck),
      series: [{ ...line, stroke: bad, fill: 'transparent' }],
    },
    cpu.t.length > 1 &&
      track('Processor time of the server, percent of one processor', 70, (v) => `${v} %`, cpu),
    memory.t.length > 1 && track('Memory of the server', 70, bytes, memory),
  ];
  return all.filter((plan) => plan !== false);
}

function optionsOf(
  { height, words, series, told, draw }: Plan,
  more: {
    readonly timeline: Timeline;
    readonly colours: Colours;
    readonly first: boolean;
    readonly last: boolean;
    readonly key: string;
    readonly value: HTMLElement;
    readonly width: number;
  },
): uPlot.Options {
  const { timeline, colours, first, last, key, value, width } = more;
  const font = '12px system-ui, sans-serif';
  const axis = {
    stroke: colours.dim,
    font,
    grid: { stroke: colours.line, width: 1 },
    ticks: { show: false },
  };
  return {
    width,
    height: height + (last ? 26 : 0),
    legend: { show: false },
    padding: [12, 12, last ? 0 : 8, 0],
    cursor: { sync: { key }, drag: { x: false, y: false }, points: { show: false }, y: false },
    scales: {
      x: { time: false, range: [0, timeline.span] },
      y: { range: (_, __, top) => [0, Math.max(top * 1.1, 1)] },
    },
    axes: [
      { ...axis, show: last, size: 26, values: (_, all) => all.map((t) => `${t} s`) },
      { ...axis, size: axisWidth, space: 30, values: (_, all) => all.map(words) },
    ],
    series: [{}, ...series],
    hooks: {
      drawClear: [(plot) => drawPhases(plot, timeline, colours, first)],
      draw: [(plot) => draw?.(plot), (plot) => drawMoments(plot, timeline, colours, first)],
      setCursor: [
        ({ cursor: { idx } }) => {
          value.textContent = idx === null || idx === undefined ? '' : told(idx);
        },
      ],
    },
  };
}

/** A line for each moment, and on the first chart its number; numbers that would lie on each other step down. */
function drawMoments(
  plot: uPlot,
  { moments }: Timeline,
  { dim, paper, ink }: Colours,
  numbered: boolean,
): void {
  const { ctx, bbox } = plot;
  const size = 8 * devicePixelRatio;
  const rights: number[] = [];
  ctx.save();
  for (const [i, { t }] of moments.entries()) {
    const x = Math.round(plot.valToPos(t, 'x', true));
    ctx.strokeStyle = dim;
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([3 * devicePixelRatio, 3 * devicePixelRatio]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    if (!numbered) continue;
    const free = rights.findIndex((right) => x - size > right);
    const level = free === -1 ? rights.length : free;
    rights[level] = x + size;
    const y = bbox.top + size + level * 2.2 * size;
    ctx.setLineDash([]);
    ctx.fillStyle = ink;
    ctx.beginPath();
    ctx.arc(x, y, size, 0, 2 * Math.PI);
    ctx.fill();
    ctx.fillStyle = paper;
    ctx.font = `600 ${1.35 * size}px system-ui, sans-serif`;
    ctx.textAlign = 'center';
    ctx.textBaseline = 'middle';
    ctx.fillText(String(i + 1), x, y);
  }
  ctx.restore();
}
