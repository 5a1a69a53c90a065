import type { DiagnosisPart, FindingPart } from '../../report/page-data.js';
import { LeftOut, Prose } from './parts.js';
import { Processes } from './processes.js';
import { Picture } from './wait-graph.js';
import { Rows } from './wait-rows.js';

/** What led to the hang, in words: who waits for whom, of the first finding and of all others. */
export function Cause({ diagnosis: { findings, processes = [] } }: { readonly diagnosis: DiagnosisPart }) {
  const [first, ...others] = findings;
  if (first === undefined) return null;
  return (
    <>
      <div class="cause">
        <div>
          <p class="lead">
            <Prose text={first.explanation} />
          </p>
          <p class="dim">
            {first.id}, {first.class}/{first.subtype}, {first.certainty}, by the rule {first.rule}.
          </p>
          <Processes finding={first} processes={processes} />
        </div>
        <div>
          <Told finding={first} />
        </div>
      </div>
      {others.map((finding) => (
        <details key={finding.id} class="finding">
          <summary>
            <b>{finding.id}</b> {finding.class}/{finding.subtype}{' '}
            <span class={`tag ${finding.certainty}`}>{finding.certainty}</span>
          </summary>
          <p>
            <Prose text={finding.explanation} />
          </p>
          <p class="advice">
            <b>Fix</b> <Prose text={finding.suggestion} />
          </p>
          {finding.picture !== undefined && <Picture id={finding.id} picture={finding.picture} />}
          <Processes finding={finding} processes={processes} />
          <Told finding={finding} />
        </details>
      ))}
    </>
  );
}

function Told({ finding }: { readonly finding: FindingPart }) {
  const { picture, leftOut, rootCause } = finding;
  const { resources = 0, goroutines = 0, edges = 0 } = leftOut ?? {};
  return (
    <>
      {picture === undefined ? (
        <p>Nothing of it is drawn here.</p>
      ) : (
        <Rows finding={finding} picture={picture} />
      )}
      <LeftOut
        what={[
          [goroutines, 'goroutine', rootCause.goroutines.length],
          [resources, 'object', rootCause.resources.length],
          [edges, 'edge', rootCause.edges.length],
        ]}
      />
    </>
  );
}
