import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Timeline as TimelineData } from '../../report/page-data.js';
import { type Charts, drawCharts } from './charts.js';
import { Table } from './table.js';
import { themeChanged } from './theme.js';
import { momentText, rowsOf } from './timeline-text.js';

/** Steps of the slider. */
const steps = 200;

/** The run over time: charts under one cursor, a slider that moves it, and the same as a table. */
export function Timeline({ timeline }: { readonly timeline: TimelineData }) {
  const box = useRef<HTMLDivElement>(null);
  const charts = useRef<Charts>();
  const [at, setAt] = useState<number>();
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const make = (): void => {
      charts.current?.remove();
      charts.current = drawCharts(element, timeline, setAt);
    };
    make();
    const resize = new ResizeObserver(() => charts.current?.resize());
    resize.observe(element);
    window.addEventListener(themeChanged, make);
    return () => {
      resize.disconnect();
      window.removeEventListener(themeChanged, make);
      charts.current?.remove();
    };
  }, [timeline]);
  const move = (t: number): void => {
    setAt(t);
    charts.current?.point(t);
  };
  return (
    <>
      <ol class="moments">
        {timeline.moments.map(({ t, label }, i) => (
          <li key={i}>
            <button type="button" onClick={() => move(t)}>
              <span class="moment-number">{i + 1}</span> {label} <span class="dim">{t.toFixed(1)} s</span>
            </button>
          </li>
        ))}
      </ol>
      <div class="charts" ref={box} />
      <label class="scrub">
        <span class="unseen">Moment of the run</span>
        <input
          type="range"
          min={0}
          max={timeline.span}
          step={timeline.span / steps}
          value={at ?? 0}
          aria-valuetext={momentText(timeline, at ?? 0)}
          onInput={(event) => move(Number(event.currentTarget.value))}
        />
      </label>
      <p class="readout" aria-hidden="true">
        {at === undefined
          ? 'Point at a chart, or move the slider, to read its values.'
          : momentText(timeline, at)}
      </p>
      <AsTable timeline={timeline} />
    </>
  );
}

function AsTable({ timeline }: { readonly timeline: TimelineData }) {
  const [open, setOpen] = useState(false);
  const rows = useMemo(() => (open ? rowsOf(timeline) : []), [open, timeline]);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>As a table</summary>
      {open && (
        <Table
          label="The run over time"
          scrolls
          head={[
            'time',
            'what happened',
            'requests/s',
            'probes answered',
            'unanswered',
            'processor',
            'memory',
            'stuck',
          ]}
        >
          {rows.map((cells) => (
            <tr key={cells[0]}>
              {cells.map((cell, i) => (
                <td key={i} class={i === 1 ? '' : 'number'}>
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </Table>
      )}
    </details>
  );
}
