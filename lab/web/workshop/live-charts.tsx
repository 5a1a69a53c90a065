import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { themeChanged } from '../report/theme.js';
import { currentSeries, type LiveSeries, liveSpan, watchLive } from './live.js';

const height = 110;
const number = (value: number): string => value.toLocaleString('en-US');

const plans = [
  { title: 'Requests per second', colours: ['accent'], data: ({ requests }: LiveSeries) => [...requests] },
  {
    title: 'One probe: answered (green) or not (red), after how many ms',
    colours: ['good', 'bad'],
    data: ({ answered, unanswered }: LiveSeries) => uPlot.join([[...answered], [...unanswered]]),
  },
  {
    title: 'Goroutines, as far as the service still tells',
    colours: ['accent'],
    data: ({ goroutines }: LiveSeries) => [...goroutines],
  },
] as const;

function dataOf(plan: number, series: LiveSeries): uPlot.AlignedData {
  return plans[plan]?.data(series) as uPlot.AlignedData;
}

/** What the load does, while it does it; in words, too. */
export function LiveCharts({ running, note }: { readonly running: boolean; readonly note: string }) {
  const box = useRef<HTMLDivElement>(null);
  const [said, setSaid] = useState('');
  const [any, setAny] = useState(currentSeries().answered[0].length > 0);

  useEffect(() => {
    if (!any || box.current === null) return;
    const frame = box.current;
    let plots = draw(frame);
    let due = false;
    const refresh = (): void => {
      due = false;
      const series = currentSeries();
      for (const [i, plot] of plots.entries()) plot.setData(dataOf(i, series));
      setSaid(wordsOf(series));
    };
    // Many events come in one frame; one drawing will do.
    const soon = (): void => {
      if (due) return;
      due = true;
      requestAnimationFrame(refresh);
    };
    const again = (): void => {
      for (const plot of plots) plot.destroy();
      frame.replaceChildren();
      plots = draw(frame);
      refresh();
    };
    refresh();
    const stop = watchLive(soon);
    window.addEventListener(themeChanged, again);
    window.addEventListener('resize', again);
    return () => {
      stop();
      window.removeEventListener(themeChanged, again);
      window.removeEventListener('resize', again);
      for (const plot of plots) plot.destroy();
      frame.replaceChildren();
    };
  }, [any]);
  useEffect(() => watchLive(() => setAny(currentSeries().answered[0].length > 0)), []);

  return (
    <div class="live">
      {running && <p class="dim">{note}</p>}
      {any && <p class="said">{said}</p>}
      <div class="charts" ref={box} />
    </div>
  );
}

function wordsOf({ requests, answered, unanswered, goroutines, health }: LiveSeries): string {
  const last = (values: readonly number[]): string =>
    values.length === 0 ? '–' : number(values.at(-1) ?? 0);
  return [
    `${last(requests[1])} requests per second`,
    `${answered[0].length} probes answered, ${unanswered[0].length} not`,
    `${last(goroutines[1])} goroutines`,
    ...(health === '' ? [] : [health]),
  ].join(' · ');
}

function draw(box: HTMLElement): uPlot[] {
  const style = getComputedStyle(document.documentElement);
  // light-dark() is resolved where it is used, not where it is declared.
  const probe = document.createElement('span');
  box.append(probe);
  const colour = (name: string): string => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color || style.color;
  };
  const known = { dim: colour('dim'), line: colour('line') };
  const strokes = new Map(['accent', 'good', 'bad'].map((name) => [name, colour(name)]));
  probe.remove();
  return plans.map(({ title, colours }) => {
    const figure = document.createElement('figure');
    const caption = document.createElement('figcaption');
    caption.textContent = title;
    const target = document.createElement('div');
    target.setAttribute('role', 'img');
    target.setAttribute('aria-label', `${title}; the line above the charts says it in words`);
    figure.append(caption, target);
    box.append(figure);
    const axis = { stroke: known.dim, grid: { stroke: known.line, width: 1 }, ticks: { show: false } };
    return new uPlot(
      {
        ...{
          width: Math.max(box.clientWidth, 200),
          height,
          legend: { show: false },
          cursor: { show: false },
        },
        scales: {
          x: { time: false, range: () => [0, liveSpan()] },
          y: { range: (_, __, top) => [0, Math.max((top ?? 0) * 1.1, 1)] },
        },
        axes: [
          { ...axis, size: 24, values: (_, all) => all.map((t) => `${t} s`) },
          { ...axis, size: 64, space: 30, values: (_, all) => all.map(number) },
        ],
        series: [
          {},
          ...colours.map((name) => {
            const stroke = strokes.get(name) ?? 'currentColor';
            return colours.length === 1
              ? { stroke, width: 2, points: { show: false } }
              : {
                  stroke,
                  fill: stroke,
                  paths: () => null,
                  points: { show: true, size: 6, stroke, fill: stroke },
                };
          }),
        ],
      },
      [[], ...colours.map(() => [])],
      target,
    );
  });
}
