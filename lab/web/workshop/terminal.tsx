import { useEffect, useState } from 'preact/hooks';
import { TerminalView } from './terminal-view.js';

/** As the lab allows. */
const most = 4;
const openKey = 'lab-terminal-open';
/** As in terminal.css: where text and terminal stand side by side. */
const wide = matchMedia('(min-width: 75rem)');

interface Tab {
  readonly number: number;
  readonly lines: readonly string[];
}

type Run = { readonly line: string; readonly elsewhere: boolean };
const runAsked = 'lab-run';

/** Types a line into the terminal of the page; `elsewhere`: into one of its own, where it goes on. */
export function run(line: string, elsewhere: boolean): void {
  window.dispatchEvent(new CustomEvent<Run>(runAsked, { detail: { line, elsewhere } }));
}

/** Terminals in a lesson's folder, beside the text. */
export function TerminalPanel({
  lesson,
  ready,
  away,
}: {
  readonly lesson: string;
  readonly ready: boolean;
  /** On a page that has nothing to type; it goes on meanwhile. */
  readonly away: boolean;
}) {
  const [open, setOpen] = useState(
    () => (sessionStorage.getItem(openKey) ?? (wide.matches ? 'yes' : 'no')) === 'yes',
  );
  const [tabs, setTabs] = useState<readonly Tab[]>([{ number: 1, lines: [] }]);
  const [current, setCurrent] = useState(1);
  const show = (next: boolean): void => {
    sessionStorage.setItem(openKey, next ? 'yes' : 'no');
    setOpen(next);
  };
  const free = [1, 2, 3, 4].find((number) => number <= most && tabs.every((tab) => tab.number !== number));
  useEffect(() => {
    const type = ({ detail }: Event & { detail?: unknown }): void => {
      const { line, elsewhere } = detail as Run;
      const number = elsewhere ? (free ?? current) : current;
      setTabs((all) => {
        const known = all.find((tab) => tab.number === number) ?? { number, lines: [] };
        const others = all.filter((tab) => tab.number !== number);
        return [...others, { number, lines: [...known.lines, line] }].sort((a, b) => a.number - b.number);
      });
      // What goes on there is left alone: the next line is typed where one was.
      if (!elsewhere) setCurrent(number);
      show(true);
    };
    window.addEventListener(runAsked, type);
    return () => window.removeEventListener(runAsked, type);
  }, [free, current]);
  const typed = (number: number, count: number): void =>
    setTabs((all) =>
      all.map((tab) => (tab.number === number ? { number, lines: tab.lines.slice(count) } : tab)),
    );
  return (
    <section class={`terminal${open ? ' open' : ''}`} aria-label="Terminal" hidden={away}>
      <div class="bar">
        <button type="button" class="quiet" aria-expanded={open} onClick={() => show(!open)}>
          Terminal
        </button>
        {open && ready && (
          <>
            {tabs.map(({ number }) => (
              <button
                key={number}
                type="button"
                class="quiet"
                aria-pressed={number === current}
                onClick={() => setCurrent(number)}
              >
                {number}
              </button>
            ))}
            {free !== undefined && (
              <button
                type="button"
                class="quiet"
                aria-label="Another terminal"
                onClick={() => {
                  setTabs([...tabs, { number: free, lines: [] }]);
                  setCurrent(free);
                }}
              >
                +
              </button>
            )}
            <span class="dim">F6 leaves it</span>
          </>
        )}
      </div>
      {open && !ready && <p class="dim">There is one as soon as the lesson is prepared.</p>}
      {open &&
        ready &&
        tabs.map(({ number, lines }) => (
          <TerminalView
            key={`${lesson}/${number}`}
            {...{ lesson, number, lines }}
            shown={number === current}
            typed={(count) => typed(number, count)}
          />
        ))}
    </section>
  );
}
