import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Mark } from '../../workshop/live.js';
import { type LiveSeries, liveSpan } from './live.js';
import { clock, number, type Plan, seconds } from './live-plans.js';

const height = 110;

/** The charts in a box. They are drawn anew when the theme or the width is another. */
export interface Drawn {
  show(series: LiveSeries, windowMs: number | undefined): void;
  destroy(): void;
}

// biome-ignore lint/complexity/noExcessiveLinesPerFunction: the methods of the drawing share its plots
export function draw(box: HTMLElement, plans: readonly Plan[]): Drawn {
  const colour = coloursOf(box);
  let marks: readonly Mark[] = [];
  let range: [number, number] = [0, 1];
  const frames = plans.map((plan) => {
    const figure = document.createElement('figure');
    const caption = document.createElement('figcaption');
    const title = document.createElement('strong');
    title.textContent = plan.title;
    const words = document.createElement('span');
    caption.append(title, words);
    const target = document.createElement('div');
    // The caption says in words what it shows.
    target.setAttribute('aria-hidden', 'true');
    figure.append(caption, target);
    box.append(figure);
    return { plan, figure, words, target };
  });
  // The grid gives each its width once all are in it.
  const charts = frames.map(({ plan, figure, words, target }) => {
    const axis = {
      ...{ stroke: colour('dim'), grid: { stroke: colour('line'), width: 1 }, ticks: { show: false } },
      font: '11px system-ui, sans-serif',
    };
    const drawMarks = (plot: uPlot): void => {
      const { ctx, bbox } = plot;
      ctx.save();
      for (const { at, kind } of marks) {
        const x = Math.round(plot.valToPos(seconds(at), 'x', true));
        if (x < bbox.left || x > bbox.left + bbox.width) continue;
        ctx.strokeStyle = colour(kind === 'silent' || kind === 'ended' ? 'bad' : 'dim');
        ctx.lineWidth = devicePixelRatio;
        ctx.setLineDash(kind === 'load-ends' ? [4, 4] : []);
        ctx.beginPath();
        ctx.moveTo(x, bbox.top);
        ctx.lineTo(x, bbox.top + bbox.height);
        ctx.stroke();
      }
      ctx.restore();
    };
    const plot = new uPlot(
      {
        ...{ width: Math.max(figure.clientWidth, 200), height },
        ...{ legend: { show: false }, cursor: { show: false } },
        hooks: { draw: [drawMarks] },
        scales: {
          x: { time: true, range: () => range },
          y: { range: (_, __, top) => [0, Math.max((top ?? 0) * 1.1, plan.least)] },
        },
        axes: [
          { ...axis, size: 22, space: 70, values: (_, all) => all.map((t) => clock(t * 1_000)) },
          { ...axis, size: 54, space: 30, values: (_, all) => all.map(number) },
        ],
        series: [
          {},
          ...plan.colours.map((name) => {
            const stroke = colour(name);
            return plan.dots
              ? {
                  ...{ stroke, fill: stroke, paths: () => null },
                  points: { show: true, size: 5, stroke, fill: stroke },
                }
              : { stroke, width: 2, points: { show: false }, spanGaps: true };
          }),
        ],
      },
      [[], ...plan.colours.map(() => [])],
      target,
    );
    return { plan, plot, figure, words };
  });
  return {
    show(series, windowMs) {
      const [first, last] = liveSpan(series);
      marks = series.mark;
      const from = windowMs === undefined ? first : Math.max(first, last - windowMs);
      range = [seconds(from), seconds(Math.max(last, from + 10_000))];
      for (const { plan, plot, figure, words } of charts) {
        const data = plan.data(series);
        // What nobody measures, as requests per second under another one's load, takes no room.
        figure.hidden = data[0].length === 0;
        words.textContent = plan.words(series);
        plot.setData(data);
      }
    },
    destroy() {
      for (const { plot, figure } of charts) {
        plot.destroy();
        figure.remove();
      }
    },
  };
}

/** light-dark() is resolved where it is used, not where it is declared. */
function coloursOf(box: HTMLElement): (name: string) => string {
  const probe = document.createElement('span');
  box.append(probe);
  const known = new Map(
    ['dim', 'line', 'accent', 'good', 'bad', 'warn'].map((name) => {
      probe.style.color = `var(--${name})`;
      return [name, getComputedStyle(probe).color];
    }),
  );
  probe.remove();
  return (name) => known.get(name) ?? 'currentColor';
}
