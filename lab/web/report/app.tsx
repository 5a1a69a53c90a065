import { createContext } from 'preact';
import { useContext, useMemo } from 'preact/hooks';
import { type FindPlaces, placeFinder } from '../../report/page/places.js';
import type { DiagnosisPart, PageData } from '../../report/page-data.js';
import { About } from './about.js';
import { Article, Expected, Stampede } from './article.js';
import { Evidence } from './evidence.js';
import { Explorer } from './explorer/explorer.js';
import { Leaks } from './leaks.js';
import { Objects } from './objects.js';
import { ThemeToggle } from './theme.js';
import { Timeline } from './timeline.js';
import { Verdict } from './verdict.js';
import { WaitGraph } from './wait-graph.js';

/** Source lines by `file:line`, for whatever shows a place. */
const SourcesContext = createContext<DiagnosisPart['sources']>({});
export const useSources = () => useContext(SourcesContext);

/** Finds the places in a text, knowing the files that the diagnosis names. */
const PlacesContext = createContext<FindPlaces>(placeFinder([]));
export const useFindPlaces = () => useContext(PlacesContext);

interface Part {
  readonly id: string;
  readonly name: string;
  /** In the contents, where there is little room. */
  readonly short?: string;
  readonly content: preact.ComponentChildren;
}

/** The page from top to bottom; a part without content is left out, of the contents too. */
export function App({ data }: { readonly data: PageData }) {
  const parts = useMemo(() => partsOf(data), [data]);
  const findPlaces = useMemo(() => placeFinder(filesOf(data.diagnosis)), [data]);
  return (
    <SourcesContext.Provider value={data.diagnosis?.sources ?? {}}>
      <PlacesContext.Provider value={findPlaces}>
        <a class="skip" href="#verdict">
          To the verdict
        </a>
        <nav class="bar" aria-label="Parts of this report">
          <div class="bar-links" tabIndex={0} role="group" aria-label="Contents">
            {parts.map(({ id, name, short = name }) => (
              <a key={id} href={`#${id}`}>
                {short}
              </a>
            ))}
          </div>
          <ThemeToggle />
        </nav>
        <main>
          <Verdict data={data} />
          {parts.map(({ id, name, content }) => (
            <section key={id} id={id} aria-labelledby={`${id}-title`}>
              <h2 id={`${id}-title`}>{name}</h2>
              {content}
            </section>
          ))}
        </main>
        <footer>
          Made by Go Deadlock Lab at {new Date(data.madeAt).toISOString().slice(0, 19).replace('T', ' ')} UTC.
          This file needs no network and sends nothing anywhere.
        </footer>
      </PlacesContext.Provider>
    </SourcesContext.Provider>
  );
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

function partsOf({ diagnosis, run, ...data }: PageData): Part[] {
  const parts: (Part | false | undefined)[] = [
    diagnosis &&
      diagnosis.findings.length > 0 && {
        ...{ id: 'cause', name: 'Who waits for whom', short: 'Root cause' },
        content: <WaitGraph findings={diagnosis.findings} />,
      },
    run?.timeline && {
      id: 'time',
      name: 'The run over time',
      short: 'Over time',
      content: <Timeline timeline={run.timeline} />,
    },
    run?.stampede && { id: 'stampede', name: 'The stampede', content: <Stampede stampede={run.stampede} /> },
    diagnosis &&
      diagnosis.findings.length > 0 && {
        ...{ id: 'evidence', name: 'Evidence' },
        content: (
          <Evidence
            findings={diagnosis.findings}
            process={diagnosis.process}
            delve={diagnosis.delve}
            ofRun={run !== undefined}
            leftOut={diagnosis.leftOut.findings}
          />
        ),
      },
    diagnosis && {
      ...{ id: 'goroutines', name: 'Goroutines' },
      content: <Explorer diagnosis={diagnosis} ofRun={run !== undefined} />,
    },
    diagnosis?.leakProfile && {
      ...{ id: 'leaks', name: "The runtime's leak profile", short: 'Leak profile' },
      content: <Leaks profile={diagnosis.leakProfile} leftOut={diagnosis.leftOut.leaks ?? 0} />,
    },
    diagnosis &&
      diagnosis.objects.length > 0 && {
        ...{ id: 'objects', name: 'Channels and locks' },
        content: <Objects objects={diagnosis.objects} leftOut={diagnosis.leftOut.objects} />,
      },
    run &&
      run.expectations.length > 0 && {
        ...{ id: 'expected', name: 'Expected and found', short: 'Expected' },
        content: <Expected rows={run.expectations} />,
      },
    run &&
      run.checklist.length > 0 && {
        ...{ id: 'article', name: 'The article, claim by claim', short: 'Article' },
        content: <Article rows={run.checklist} />,
      },
    {
      id: 'about',
      name: 'Limits, versions, commands',
      short: 'Limits, versions',
      content: <About data={{ ...data, ...(diagnosis && { diagnosis }), ...(run && { run }) }} />,
    },
  ];
  return parts.filter((part) => part !== undefined && part !== false);
}
