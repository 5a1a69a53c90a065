import { useEffect, useMemo, useState } from 'preact/hooks';
import { placeFinder } from '../../report/finding/places.js';
import type { DiagnosisPart, PageData, RunPart } from '../../report/page-data.js';
import { Limits, RunCommands, Versions } from './about.js';
import { Article, Expected, Stampede } from './article.js';
import { Cause } from './cause.js';
import { PlacesContext, SourcesContext } from './contexts.js';
import { Evidence } from './evidence.js';
import { Explorer } from './explorer/explorer.js';
import { FirstScreen } from './first-screen.js';
import { Leaks } from './leaks.js';
import { Objects } from './objects.js';
import { Contents, type Section, Sections } from './sections.js';
import { Timeline } from './timeline.js';

/** The page from top to bottom; a part without content is left out, of the contents too. */
export function App({ data, onReady }: { readonly data: PageData; readonly onReady: () => void }) {
  const whole = useWhole(onReady);
  const sections = useMemo(() => sectionsOf(data), [data]);
  const findPlaces = useMemo(() => placeFinder(filesOf(data.diagnosis)), [data]);
  return (
    <SourcesContext.Provider value={data.diagnosis?.sources ?? {}}>
      <PlacesContext.Provider value={findPlaces}>
        <a class="skip" href="#verdict">
          To the verdict
        </a>
        <Contents sections={sections} />
        <main>
          <FirstScreen data={data} />
          {whole && <Sections sections={sections} />}
        </main>
        <footer>
          Made by Go Deadlock Lab at {new Date(data.madeAt).toISOString().slice(0, 19).replace('T', ' ')} UTC.
          This file needs no network and sends nothing anywhere.
        </footer>
      </PlacesContext.Provider>
    </SourcesContext.Provider>
  );
}

/** Hidden pages draw no frames: they are made whole all the same. Milliseconds. */
const latest = 200;

/** The first screen is drawn first; what is below it, which may be very much, comes with the next frame. */
function useWhole(onReady: () => void): boolean {
  const [whole, setWhole] = useState(false);
  useEffect(() => {
    const rest = () => setWhole(true);
    const timer = setTimeout(rest, latest);
    requestAnimationFrame(() => setTimeout(rest));
    return () => clearTimeout(timer);
  }, []);
  useEffect(() => {
    if (whole) onReady();
  }, [whole, onReady]);
  return whole;
}

/** Every file that is named: those of the stacks and, of the texts, those with lines on the page. */
function filesOf(diagnosis: DiagnosisPart | undefined): string[] {
  if (diagnosis === undefined) return [];
  const { findings, goroutines, sources } = diagnosis;
  const { texts, frames } = goroutines;
  return [
    ...Object.keys(sources).map((place) => place.slice(0, place.lastIndexOf(':'))),
    ...findings.flatMap(({ rootCause }) =>
      rootCause.goroutines.flatMap(({ stack, goStatementLocation }) =>
        [...stack, goStatementLocation].map(({ file }) => file),
      ),
    ),
    ...[...new Set(frames.file)].map((file) => texts[file] ?? ''),
  ];
}

function sectionsOf({ diagnosis, run }: PageData): Section[] {
  const found = diagnosis !== undefined && diagnosis.findings.length > 0;
  const all: readonly (Section | false | undefined)[] = [
    found && { id: 'cause', name: 'Cause', content: <Cause diagnosis={diagnosis} /> },
    diagnosis && {
      ...{ id: 'proof', name: found ? 'Proof' : 'Limits' },
      content: <Proof diagnosis={diagnosis} ofRun={run !== undefined} />,
    },
    diagnosis && {
      ...{ id: 'goroutines', name: 'Goroutines' },
      content: <Goroutines diagnosis={diagnosis} ofRun={run !== undefined} />,
    },
    run && hasRun(run) && { id: 'run', name: 'Run', content: <Run run={run} /> },
    run &&
      run.checklist.length > 0 && {
        ...{ id: 'article', name: 'Article', closed: true },
        content: <Article rows={run.checklist} />,
      },
    {
      ...{ id: 'versions', name: 'Versions', closed: true },
      content: <Versions diagnosis={diagnosis} run={run} />,
    },
  ];
  return all.filter((one) => one !== undefined && one !== false);
}

function Proof({ diagnosis, ofRun }: { readonly diagnosis: DiagnosisPart; readonly ofRun: boolean }) {
  const { findings, process, delve, leftOut, leakProfile } = diagnosis;
  return (
    <>
      {findings.length > 0 && (
        <Evidence
          findings={findings}
          process={process}
          delve={delve}
          ofRun={ofRun}
          leftOut={leftOut.findings}
        />
      )}
      {leakProfile !== undefined && (
        <details class="part-of" id="leaks" open={findings.length === 0}>
          <summary>
            <h3>The runtime's leak profile</h3>
          </summary>
          <Leaks profile={leakProfile} leftOut={leftOut.leaks ?? 0} />
        </details>
      )}
      <Limits diagnosis={diagnosis} />
    </>
  );
}

function Goroutines({ diagnosis, ofRun }: { readonly diagnosis: DiagnosisPart; readonly ofRun: boolean }) {
  const { objects, leftOut } = diagnosis;
  return (
    <>
      <Explorer diagnosis={diagnosis} ofRun={ofRun} />
      {objects.length > 0 && (
        <details class="part-of" id="objects">
          <summary>
            <h3>Channels and locks</h3>
          </summary>
          <Objects objects={objects} leftOut={leftOut.objects} />
        </details>
      )}
    </>
  );
}

const hasRun = ({ timeline, stampede, expectations, commands }: RunPart): boolean =>
  timeline !== undefined || stampede !== undefined || expectations.length > 0 || commands.length > 0;

function Run({ run }: { readonly run: RunPart }) {
  return (
    <>
      <p class="dim">
        {run.scenario.name}: {run.scenario.title}. {run.scenario.teaches}
      </p>
      {run.timeline && <Timeline timeline={run.timeline} />}
      {run.stampede && (
        <div id="stampede">
          <h3>The stampede</h3>
          <Stampede stampede={run.stampede} />
        </div>
      )}
      {run.expectations.length > 0 && (
        <details class="part-of" id="expected" open={run.expectations.some(({ met }) => !met)}>
          <summary>
            <h3>
              Expected and found: {run.expectations.filter(({ met }) => met).length} of{' '}
              {run.expectations.length} met
            </h3>
          </summary>
          <Expected rows={run.expectations} />
        </details>
      )}
      <RunCommands run={run} />
    </>
  );
}
