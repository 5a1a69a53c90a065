import type {
  DiagnosisPart,
  FindingPart,
  GraphPicture,
  MarkedLine,
  PageData,
} from '../../report/page-data.js';
import { useSources } from './contexts.js';
import { Copy, Prose } from './parts.js';
import { Picture } from './wait-graph.js';
import { counted, fileName, number, seconds, shortName } from './words.js';

/** What is wrong at a glance: the sentence and the fix, the graph, and the two lines of code. */
export function FirstScreen({ data }: { readonly data: PageData }) {
  const { verdict, word, headline, channel, diagnosis, run } = data;
  const [first] = diagnosis?.findings ?? [];
  return (
    <header id="verdict" class={`verdict ${verdict}`} tabIndex={-1}>
      <div class={`first ${first?.picture === undefined ? 'alone' : isTall(first.picture) ? 'tall' : ''}`}>
        <div class="said-first">
          <p class="badges">
            <span class="badge">
              {word}
              {diagnosis?.scope === 'global' && ', nothing can run'}
            </span>{' '}
            {first !== undefined && <span class={`tag ${first.certainty}`}>{first.certainty}</span>}{' '}
            {run?.conclusion && (
              <span class={`tag said ${run.conclusion.verdict}`}>{run.conclusion.word}</span>
            )}
          </p>
          <h1>
            <Prose text={headline} />
          </h1>
          {first === undefined ? (
            <p class="lead">
              <Prose text={data.summary} />
            </p>
          ) : (
            <p class="advice">
              <b>Fix</b> <Prose text={first.suggestion} />
            </p>
          )}
          {diagnosis !== undefined && <Counts diagnosis={diagnosis} finding={first} />}
          {channel !== undefined && (
            <p class="to-channel">
              <Copy text={channel} what="for the incident channel" label="Copy for the incident channel" />
            </p>
          )}
          <About data={data} />
        </div>
        {first?.picture !== undefined && <Picture id={first.id} picture={first.picture} />}
        {first !== undefined && <Excerpts finding={first} />}
      </div>
      {run?.conclusion !== undefined && run.conclusion !== null && run.conclusion.reasons.length > 0 && (
        <ul>
          {run.conclusion.reasons.map((reason) => (
            <li key={reason}>{reason}</li>
          ))}
        </ul>
      )}
      {diagnosis !== undefined && <Suspects diagnosis={diagnosis} folded={data.verdict === 'deadlock'} />}
    </header>
  );
}

function Counts({
  diagnosis: { process, stats },
  finding,
}: {
  readonly diagnosis: DiagnosisPart;
  readonly finding: FindingPart | undefined;
}) {
  const { total, user, blocked } = process.goroutines;
  const own = finding === undefined && user < total ? `, ${number(user)} of the program` : '';
  return (
    <dl class="figures">
      <Figure name={`${total === 1 ? 'goroutine' : 'goroutines'}${own}`} value={number(total)} />
      {finding === undefined ? (
        <Figure name="of them blocked" value={number(blocked)} />
      ) : finding.victims.goroutines > 0 ? (
        <Figure name="of them blocked behind it" value={number(finding.victims.goroutines)} />
      ) : (
        <Figure
          name="of them in the root cause"
          value={number(finding.count ?? finding.rootCause.goroutines.length)}
        />
      )}
      <Figure name="diagnosed in" value={seconds(stats.wallMs)} />
    </dl>
  );
}

function Figure({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function About({ data: { diagnosis, run } }: { readonly data: PageData }) {
  return (
    <p class="dim about-line">
      {diagnosis?.stats.engine === 'dump' && (
        <>
          A goroutine dump: <code>{diagnosis.process.core}</code>.{' '}
        </>
      )}
      {diagnosis !== undefined && diagnosis.stats.engine !== 'dump' && (
        <>
          <code>{fileName(diagnosis.process.exe)}</code>, {diagnosis.process.goVersion},{' '}
          {diagnosis.process.os}/{diagnosis.process.arch}.{' '}
        </>
      )}
      {run !== undefined && (
        <>
          Run {run.id}: {run.scenario.title}.
        </>
      )}
    </p>
  );
}

/** Letters of a picture are smaller below that share. */
const least = 0.8;
/** Of the picture's column, pixels. */
const columnWidth = 650;
/** Above that height the excerpts would not be on the screen. */
const tallest = 380;

/** Whether the excerpts stand beside the picture, not below it, where there are two columns. */
function isTall(picture: GraphPicture): boolean {
  const { width, height } = (picture.width * least > columnWidth ? picture.narrow : undefined) ?? picture;
  return height * Math.min(1.15, columnWidth / width) > tallest;
}

/** What is undecided for one reason, which each says after its semicolon, is told with the reason once. */
function byReason(
  suspects: DiagnosisPart['suspects'],
): readonly (readonly [string, DiagnosisPart['suspects']])[] {
  const found = new Map<string, DiagnosisPart['suspects']>();
  for (const one of suspects) {
    const at = one.text.indexOf('; ');
    const reason = at === -1 ? one.text : one.text.slice(at + 2);
    found.set(reason, [...(found.get(reason) ?? []), one]);
  }
  return [...found];
}

/** Where it is stuck, and where it, or somebody, should be: side by side where there is width. */
function Excerpts({ finding: { id, marks = [] } }: { readonly finding: FindingPart }) {
  const stuck = marks.find(({ kind }) => kind === 'stuck');
  const other = marks.find(({ kind }) => kind !== 'stuck') ?? marks.find((one) => one !== stuck);
  const shown = [stuck, other].filter((one) => one !== undefined);
  if (shown.length === 0) return null;
  return (
    <div class={shown.length === 1 ? 'excerpts one' : 'excerpts'}>
      {shown.map((mark) => (
        <Excerpt key={`${id} ${mark.text}`} mark={mark} />
      ))}
    </div>
  );
}

const titles = { stuck: 'Stuck here', due: 'Should be here', holds: 'Took it here' } as const;
/** Lines above and below the marked one. */
const around = 2;

function Excerpt({ mark: { place, text, kind } }: { readonly mark: MarkedLine }) {
  const found = useSources()[`${place.file}:${place.line}`];
  const lines = (found?.lines ?? [])
    .map((line, i) => ({ line, at: (found?.from ?? 0) + i }))
    .filter(({ at }) => Math.abs(at - place.line) <= around);
  return (
    <figure class={`source excerpt ${kind}`}>
      <figcaption>
        <b class="excerpt-title">{titles[kind]}</b>{' '}
        <span title={`${place.file}:${place.line}`}>
          {place.function !== '' && <code>{shortName(place.function)}</code>}{' '}
          <span class="dim">
            {fileName(place.file)}:{place.line}
          </span>
        </span>
      </figcaption>
      {lines.length > 0 && (
        <pre tabIndex={0} role="group" aria-label={`${titles[kind]}: ${fileName(place.file)}:${place.line}`}>
          {undented(lines).map(({ line, at }) => (
            <div key={at} class={at === place.line ? 'line marked' : 'line'}>
              <span class="line-number">{at}</span>
              {at === place.line && <span class="unseen">this line: </span>}
              <span>{line === '' ? ' ' : line}</span>
            </div>
          ))}
        </pre>
      )}
      <p class="excerpt-text">{text}</p>
    </figure>
  );
}

/** Without the tabs that all lines begin with. */
function undented(lines: readonly { readonly line: string; readonly at: number }[]): typeof lines {
  const depths = lines
    .filter(({ line }) => line.trim() !== '')
    .map(({ line }) => /^\t*/.exec(line)?.[0].length ?? 0);
  const least = Math.min(...depths, Number.MAX_SAFE_INTEGER);
  return lines.map(({ line, at }) => ({ at, line: line.slice(Math.min(least, line.length)) }));
}

/** What stands beside a cause that was found, is folded. */
function Suspects({
  diagnosis: { suspects, slow },
  folded,
}: {
  readonly diagnosis: DiagnosisPart;
  readonly folded: boolean;
}) {
  const list = byReason(suspects).map(([reason, those]) => (
    <>
      <ul key={reason}>
        {those.map(({ group, text }, i) => (
          <li key={i}>
            <b>{group}</b> <Prose text={those.length === 1 ? text : text.slice(0, -reason.length - 2)} />
          </li>
        ))}
      </ul>
      {those.length > 1 && (
        <p class="dim shared">
          <Prose text={`Each ${reason}`} />
        </p>
      )}
    </>
  ));
  return (
    <>
      {suspects.length > 0 && folded && (
        <details>
          <summary>{counted(suspects.length, 'more wait')} that could not be decided</summary>
          {list}
        </details>
      )}
      {suspects.length > 0 && !folded && (
        <>
          <h2>Prime suspects</h2>
          {list}
        </>
      )}
      {slow.length > 0 && (
        <>
          <h2>Slow, not stuck</h2>
          <ul id="slow">
            {slow.map(({ groups, text }, i) => (
              <li key={i}>
                <b title={counted(groups.length, 'group')}>{groups.join(', ')}</b> <Prose text={text} />
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}
