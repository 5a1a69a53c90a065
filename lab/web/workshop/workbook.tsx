import { useEffect, useState } from 'preact/hooks';
import type { WorkbookView } from '../../workshop/view.js';
import { ThemeToggle } from '../report/theme.js';
import { type Asked, ask, listen, readState } from './api.js';
import { Contents } from './contents.js';
import { Certificate } from './end.js';
import { Glossary } from './glossary.js';
import { addLive } from './live.js';
import { addressOf, certificateAddress, glossaryAddress } from './places.js';
import { StepPage } from './step.js';
import { TerminalPanel } from './terminal.js';

/** The workbook of one participant: contents on the left, one step on the right. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: the parts of the page share one view and its connection
export function Workbook({ first }: { readonly first: WorkbookView }) {
  const [view, show] = useState(first);
  const setView = (next: WorkbookView): void => show((now) => (next.version >= now.version ? next : now));
  // The step that was shown first stays when it is met: going on is the participant's own act.
  const [place, setPlace] = useState(() => placeIn(first, location.hash));
  const [working, setWorking] = useState<Asked>();
  const [trouble, setTrouble] = useState<{ readonly step: string; readonly text: string }>();
  const [note, setNote] = useState('');
  const [broken, setBroken] = useState(false);

  useEffect(() => {
    const follow = () => setPlace((before) => (location.hash === '' ? before : location.hash));
    window.addEventListener('hashchange', follow);
    const refresh = () => {
      readState().then(
        (now) => now.kind === 'workbook' && setView(now),
        () => {},
      );
    };
    const close = listen(
      (event) => {
        if (event.type === 'changed') refresh();
        else if (event.type === 'note') setNote(event.text);
        else addLive(event);
      },
      (lost) => {
        setBroken(lost);
        // What happened meanwhile was told to nobody.
        if (!lost) refresh();
      },
    );
    return () => {
      window.removeEventListener('hashchange', follow);
      close();
    };
  }, []);

  const here = find(view, place);
  const act = async (asked: Asked): Promise<void> => {
    setWorking(asked);
    setTrouble(undefined);
    setNote('');
    try {
      setView(await ask(asked));
    } catch (error) {
      // Another window has begun to prepare it: what comes of that is told to both.
      const { busy } = await readState().then(
        (now) => (now.kind === 'workbook' ? now : view),
        () => view,
      );
      if (asked.verb === 'prepare' && busy?.verb === 'prepare' && busy.step === asked.step) return;
      setTrouble({
        step: `${asked.lesson}/${asked.step}`,
        text: String(error instanceof Error ? error.message : error),
      });
    } finally {
      setWorking(undefined);
    }
  };
  if (here === undefined) return <p>There is no lesson here.</p>;
  const { lesson, step, next } = here;
  const beside = place === glossaryAddress || place === certificateAddress;
  const key = `${lesson.name}/${step.id}`;
  return (
    <>
      <a class="skip" href="#step">
        To the step
      </a>
      <header class="top">
        <strong>Workshop</strong>
        <span class="dim">{view.name}</span>
        {broken && (
          <span class="lost" role="status">
            The workbook does not answer; trying again …
          </span>
        )}
        <ThemeToggle />
      </header>
      <div class="desk">
        <Contents lessons={view.lessons} lesson={lesson} step={beside ? undefined : step} />
        <main id="step" tabIndex={-1}>
          {place === glossaryAddress ? (
            <Glossary />
          ) : place === certificateAddress ? (
            <Certificate name={view.name} lessons={view.lessons} />
          ) : (
            <StepPage
              key={key}
              {...{ lesson, step, next }}
              working={working ?? view.busy}
              note={note}
              trouble={trouble?.step === key ? trouble.text : lateTrouble(view, key)}
              act={(verb, answers) =>
                void act({
                  lesson: lesson.name,
                  step: step.id,
                  verb,
                  ...(answers === undefined ? {} : { answers }),
                })
              }
            />
          )}
        </main>
        {lesson.terminal && (
          <TerminalPanel key={lesson.name} lesson={lesson.name} ready={lesson.ready} away={beside} />
        )}
      </div>
    </>
  );
}

/** What went wrong after the page had got its answer. */
function lateTrouble({ trouble, busy }: WorkbookView, key: string): string | undefined {
  if (trouble === undefined || busy !== undefined) return undefined;
  return `${trouble.lesson}/${trouble.step}` === key ? trouble.text : undefined;
}

/** The place that the address names; else the first step that is not met. */
function placeIn({ lessons }: WorkbookView, address: string): string {
  const all = placesOf(lessons);
  const open = all.find(({ step }) => !step.met) ?? all[0];
  const beside = address === glossaryAddress || address === certificateAddress;
  const named = beside || all.some((one) => one.address === address);
  return named || open === undefined ? address : open.address;
}

function find({ lessons }: WorkbookView, place: string) {
  const all = placesOf(lessons);
  const at = Math.max(
    all.findIndex(({ address }) => address === place),
    0,
  );
  const here = all[at];
  return here === undefined ? undefined : { ...here, next: all[at + 1] };
}

function placesOf(lessons: WorkbookView['lessons']) {
  return lessons.flatMap((lesson) =>
    lesson.steps.map((step) => ({ lesson, step, address: addressOf(lesson.name, step.id) })),
  );
}
