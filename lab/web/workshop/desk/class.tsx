import { useEffect, useState } from 'preact/hooks';
import type { ClassView, ClockVerb } from '../../../workshop/desk/class-view.js';
import { ThemeToggle } from '../../report/theme.js';
import { readClass, setClock } from './api.js';
import { Grid } from './grid.js';
import { Plan } from './plan.js';
import { Projector } from './projector.js';
import { minuteOf } from './words.js';

const everyMs = 3_000;
const projectorAddress = '#projector';

/** The teacher's page: who is stuck, where everybody is, what is due when; and what the class is shown of it. */
export function ClassPage({ first }: { readonly first: ClassView }) {
  const [view, setView] = useState(first);
  const [lost, setLost] = useState(false);
  const [address, setAddress] = useState(location.hash);
  const take = (next: Promise<ClassView>): void => {
    next.then(
      (now) => {
        setView(now);
        setLost(false);
      },
      () => setLost(true),
    );
  };
  useEffect(() => {
    const timer = setInterval(() => take(readClass()), everyMs);
    const follow = () => setAddress(location.hash);
    window.addEventListener('hashchange', follow);
    return () => {
      clearInterval(timer);
      window.removeEventListener('hashchange', follow);
    };
  }, []);
  const act = (verb: ClockVerb) => take(setClock(verb));
  const projected = address === projectorAddress;
  return (
    <>
      <header class="top">
        <strong>The class</strong>
        {lost && (
          <span class="lost" role="status">
            The lab does not answer; trying again …
          </span>
        )}
        <ThemeToggle />
        <a href={projected ? '#' : projectorAddress}>{projected ? 'Back to the desk' : 'Projector view'}</a>
      </header>
      {projected ? <Projector view={view} /> : <Desk view={view} act={act} />}
    </>
  );
}

function Desk({ view, act }: { readonly view: ClassView; readonly act: (verb: ClockVerb) => void }) {
  const { seats, beganAt } = view;
  const minute = minuteOf(view);
  const stuck = seats.filter(({ pace }) => pace.kind === 'stuck').length;
  return (
    <main class="class">
      <div class="head">
        <h1>
          {seats.length} {seats.length === 1 ? 'participant' : 'participants'}
          {stuck > 0 && <span class="stuck-count">{stuck} stuck</span>}
        </h1>
        <p>
          {minute !== undefined && <span role="status">minute {Math.floor(minute)}</span>}{' '}
          <button type="button" class={beganAt === undefined ? 'main' : ''} onClick={() => act('begin')}>
            {beganAt === undefined ? 'The class begins now' : 'Restart the clock'}
          </button>{' '}
          {beganAt !== undefined && (
            <button type="button" onClick={() => act('stop')}>
              Stop the clock
            </button>
          )}{' '}
          <a href="/desk/class.csv" download>
            Export as CSV
          </a>
        </p>
      </div>
      <div class="both">
        <Grid view={view} />
        <Plan view={view} minute={minute} />
      </div>
      <p class="dim">
        This class is kept in <code>{view.folder}</code>
      </p>
    </main>
  );
}
