import { useEffect, useRef, useState } from 'preact/hooks';
import { themeChanged } from '../report/theme.js';
import { currentSeries, serverRuns, watchLive } from './live.js';
import { draw } from './live-draw.js';
import { clock, plans, standing } from './live-plans.js';

const drawAtMostEveryMs = 200;
const windowMs = 120_000;
const openKey = 'lab-live-open';

/** How the participant's server is, for as long as it lives; nothing where there is none. */
export function LiveServer({ lesson, always }: { readonly lesson: string; readonly always: boolean }) {
  const [open, setOpen] = useState(always || sessionStorage.getItem(openKey) === 'yes');
  const series = useLive();
  if (series.server?.lesson !== lesson || series.process.length === 0) return null;
  if (!always && !serverRuns(series)) return null;
  const newest = series.mark.at(-1);
  return (
    <details
      class="panel live"
      open={open}
      onToggle={({ currentTarget }) => {
        if (currentTarget.open === open) return;
        setOpen(currentTarget.open);
        if (!always) sessionStorage.setItem(openKey, currentTarget.open ? 'yes' : 'no');
      }}
    >
      <summary>
        <h2>Your server, live</h2>
        <span class="said">{standing(series)}</span>
      </summary>
      {open && <Charts />}
      <p class="unseen" role="status">
        {newest === undefined ? '' : `${clock(newest.at)}: ${newest.text}`}
      </p>
    </details>
  );
}

function Charts() {
  const box = useRef<HTMLDivElement>(null);
  const [whole, setWhole] = useState(false);
  const series = useLive();
  const drawn = useRef<ReturnType<typeof draw>>();
  useEffect(() => {
    const frame = box.current;
    if (frame === null) return;
    const again = (): void => {
      drawn.current?.destroy();
      drawn.current = draw(frame, plans);
      drawn.current.show(currentSeries(), whole ? undefined : windowMs);
    };
    again();
    window.addEventListener(themeChanged, again);
    window.addEventListener('resize', again);
    return () => {
      window.removeEventListener(themeChanged, again);
      window.removeEventListener('resize', again);
      drawn.current?.destroy();
      drawn.current = undefined;
    };
  }, [whole]);
  useEffect(() => drawn.current?.show(currentSeries(), whole ? undefined : windowMs));
  return (
    <>
      {series.health !== '' && <p class="said">{series.health}</p>}
      {series.mark.length > 0 && (
        <ol class="marks" aria-label="What has happened">
          {series.mark.slice(-6).map(({ at, kind, text }) => (
            <li key={`${at} ${kind}`} class={kind}>
              <time>{clock(at)}</time> {text}
            </li>
          ))}
        </ol>
      )}
      <div class="charts" ref={box} />
      <p class="buttons">
        <button type="button" class="quiet" aria-pressed={whole} onClick={() => setWhole(!whole)}>
          From the beginning
        </button>
      </p>
    </>
  );
}

/** What was measured, as it changes; many events that come together are shown together. */
function useLive() {
  const [, turn] = useState(0);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const refresh = (): void => {
      timer = undefined;
      turn((n) => n + 1);
    };
    const stop = watchLive(() => {
      timer ??= setTimeout(refresh, drawAtMostEveryMs);
    });
    refresh();
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, []);
  return currentSeries();
}
