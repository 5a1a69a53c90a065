import type { PageData } from '../../report/page-data.js';
import { Prose } from './parts.js';
import { fileName, number, seconds } from './words.js';

/** The answer in one sentence, and the few numbers around it. */
export function Verdict({ data }: { readonly data: PageData }) {
  const { verdict, word, summary, diagnosis, run } = data;
  const [first] = diagnosis?.findings ?? [];
  const scope = diagnosis?.scope === 'global' ? ', nothing can run' : '';
  return (
    <header id="verdict" class={`verdict ${verdict}`} tabIndex={-1}>
      <p class="badge">
        {word}
        {scope}
      </p>
      <h1>
        <Prose text={summary} />
      </h1>
      {first !== undefined && (
        <p class="lead">
          <Prose
            text={
              first.explanation.startsWith(summary)
                ? first.explanation.slice(summary.length).trim()
                : first.explanation
            }
          />
        </p>
      )}
      {first !== undefined && (
        <p class="advice">
          <b>Fix</b> <Prose text={first.suggestion} />
        </p>
      )}
      {diagnosis !== undefined && diagnosis.suspects.length > 0 && (
        <>
          <h2>Prime suspects</h2>
          <ul>
            {diagnosis.suspects.map(({ group, text }, i) => (
              <li key={i}>
                <b>{group}</b> <Prose text={text} />
              </li>
            ))}
          </ul>
        </>
      )}
      {diagnosis !== undefined && diagnosis.slow.length > 0 && (
        <>
          <h2>Slow, not stuck</h2>
          <ul id="slow">
            {diagnosis.slow.map(({ groups, text }, i) => (
              <li key={i}>
                <b>{groups.join(', ')}</b> <Prose text={text} />
              </li>
            ))}
          </ul>
        </>
      )}
      {diagnosis !== undefined && (
        <dl class="figures">
          <Figure name="goroutines" value={number(diagnosis.process.goroutines.total)} />
          <Figure name="of them blocked" value={number(diagnosis.process.goroutines.blocked)} />
          {first !== undefined && (
            <Figure name="blocked behind it" value={number(first.victims.goroutines)} />
          )}
          {first !== undefined && <Figure name="how certain" value={first.certainty} />}
          <Figure name="diagnosed in" value={seconds(diagnosis.stats.wallMs)} />
        </dl>
      )}
      <p class="dim">
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
            Run {run.id} of {run.scenario.name}: {run.scenario.title}. {run.scenario.teaches}{' '}
            {run.conclusion !== null && (
              <>
                Its result: <strong class={`said ${run.conclusion.verdict}`}>{run.conclusion.word}</strong>.
              </>
            )}
          </>
        )}
      </p>
      {run?.conclusion !== undefined && run.conclusion !== null && run.conclusion.reasons.length > 0 && (
        <ul>
          {run.conclusion.reasons.map((reason) => (
            <li key={reason}>{reason}</li>
          ))}
        </ul>
      )}
    </header>
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
