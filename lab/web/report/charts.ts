import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Timeline } from '../../report/page-data.js';
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
    const frame = document.createElement('figure');
    const title = document.createElement('figcaption');
    title.textContent = plan.title;
    const target = document.createElement('div');
    target.setAttribute('role', 'img');
    target.setAttribute('aria-label', `${plan.title}; the table below has the numbers`);
    frame.append(title, target);
    box.append(frame);
    const last = i === plans.length - 1;
    const plot = new uPlot(
      optionsOf(plan, { timeline, colours, first: i === 0, last, key, width: box.clientWidth }),
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

type Colours = ReturnType<typeof coloursOf>;

/** A canvas knows no custom properties: they are read off an element. */
function coloursOf(box: HTMLElement) {
  const probe = document.createElement('span');
  box.append(probe);
  const read = (name: string): string => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const colours = {
    ...{ ink: read('ink'), dim: read('dim'), line: read('line'), paper: read('paper') },
    ...{ accent: read('accent'), wash: read('accent-wash'), good: read('good'), bad: read('bad') },
  };
  probe.remove();
  return colours;
}

function plansOf(
  { requests, cpu, memory, stuck, probes }: Timeline,
  { accent, wash, good, bad }: Colours,
): Plan[] {
  const line = { stroke: accent, fill: wash, width: 2, points: { show: false } };
  const columns = ({ t, v }: Timeline['cpu']): uPlot.AlignedData => [[...t], [...v]];
  const dots = (colour: string, space: number) => ({
    ...{ stroke: colour, fill: colour, paths: () => null },
    points: { show: true, size: space, stroke: colour, fill: colour, width: 0 },
  });
  const all: readonly (Plan | false)[] = [
    requests.t.length > 1 && {
      ...{
        title: 'Requests per second',
        height: 150,
        words: number,
        data: columns(requests),
        series: [line],
      },
    },
    probes.length > 0 && {
      ...{
        title: 'Probes on fresh connections: answered (green), not answered (red), after how many ms',
        height: 110,
        words: number,
      },
      data: [
        probes.map(({ t }) => t),
        probes.map(({ ms, kind }) => (kind === 'answered' ? ms : null)),
        probes.map(({ ms, kind }) => (kind === 'answered' ? null : ms)),
      ],
      series: [dots(good, 7), dots(bad, 9)],
    },
    stuck.t.length > 1 && {
      ...{
        title: 'Goroutines (stuck ones accumulate)',
        height: 110,
        words: number,
      },
      ...{ data: columns(stuck), series: [{ ...line, stroke: bad, fill: 'transparent' }] },
    },
    cpu.t.length > 1 && {
      ...{
        title: 'Processor time of the server, percent of one processor',
        height: 100,
        words: (v: number) => `${v} %`,
      },
      ...{ data: columns(cpu), series: [line] },
    },
    memory.t.length > 1 && {
      ...{ title: 'Memory of the server', height: 100, words: bytes, data: columns(memory), series: [line] },
    },
  ];
  return all.filter((plan) => plan !== false);
}

function optionsOf(
  { height, words, series }: Plan,
  more: {
    readonly timeline: Timeline;
    readonly colours: Colours;
    readonly first: boolean;
    readonly last: boolean;
    readonly key: string;
    readonly width: number;
  },
): uPlot.Options {
  const { timeline, colours, first, last, key, width } = more;
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
    hooks: { draw: [(plot) => drawMoments(plot, timeline, colours, first)] },
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
