import type { DiagnosisPart, FindingPart } from '../../report/page-data.js';
import { useFindPlaces } from './contexts.js';
import { Commands, LeftOut, Prose, Source } from './parts.js';
import { Stack, Variables } from './stack.js';
import { delveProgram, fileName, ownFrame, quoteWord, shortName, waitText } from './words.js';

/** Findings whose claims are told when the page opens. */
const open = 2;

/** Each claim with what shows it: source lines, the frame with its variables, and what to type in Delve. */
export function Evidence({
  findings,
  process,
  delve,
  ofRun,
  leftOut,
}: {
  readonly findings: readonly FindingPart[];
  readonly process: DiagnosisPart['process'];
  readonly delve: DiagnosisPart['delve'];
  /** Then the page lies beside the core. */
  readonly ofRun: boolean;
  /** Findings that found no room. */
  readonly leftOut: number;
}) {
  return (
    <>
      <p class="opening">
        Each claim can be checked by hand. Open the core with a compatible Delve
        {ofRun && ', in the folder of this run,'} and run these commands. <Used delve={delve} />
      </p>
      <Commands lines={[opening(process, delve, ofRun)]} prompt="$" what="the command that opens the core" />
      {findings.map((finding, i) => (
        <details key={finding.id} class="finding" open={i < open}>
          <summary>
            <b>{finding.id}</b> {finding.class}/{finding.subtype}, {finding.certainty}, by the rule{' '}
            {finding.rule}
          </summary>
          <ol class="claims">
            {finding.evidence.map((one) => (
              <Claim key={one.id} finding={finding} evidence={one} />
            ))}
          </ol>
          <LeftOut what={[[finding.leftOut?.evidence ?? 0, 'claim', finding.evidence.length]]} />
          <h3>Stacks of the root cause</h3>
          {finding.rootCause.goroutines.map((one) => (
            <details key={one.id} class="goroutine">
              <summary>
                Goroutine {one.id}, {waitText(one.waitReason)}, in{' '}
                <code>{shortName((ownFrame(one.stack) ?? one.userLocation).function)}</code>
              </summary>
              <Stack
                frames={one.stack}
                blocked={ownFrame(one.stack) ?? one.userLocation}
                created={one.goStatementLocation}
              />
            </details>
          ))}
          <LeftOut
            what={[
              [finding.leftOut?.goroutines ?? 0, 'goroutine', finding.rootCause.goroutines.length],
              [finding.leftOut?.frames ?? 0, 'frame', framesOf(finding).length],
              [finding.leftOut?.variables ?? 0, 'variable', variablesOf(finding)],
            ]}
          />
        </details>
      ))}
      <LeftOut what={[[leftOut, 'finding', findings.length]]} />
    </>
  );
}

const framesOf = ({ rootCause }: FindingPart) => rootCause.goroutines.flatMap(({ stack }) => stack);
const variablesOf = (finding: FindingPart): number =>
  framesOf(finding).reduce((sum, { variables = [] }) => sum + variables.length, 0);

function Used({ delve }: { readonly delve: DiagnosisPart['delve'] }) {
  if (delve === undefined) return null;
  return (
    <>
      The lab used Delve {delve.version}
      {delve.path === undefined
        ? ', on another machine.'
        : delve.onPath
          ? ', the dlv of its PATH.'
          : '; the path is that of the machine where this page was made, elsewhere any Delve of this version will do.'}
    </>
  );
}

/** The command that opens the core, as it works where the page was made. */
function opening(
  { exe, core }: DiagnosisPart['process'],
  delve: DiagnosisPart['delve'],
  ofRun: boolean,
): string {
  const files = [exe, core].map((path) => quoteWord(ofRun || path.endsWith('…') ? fileName(path) : path));
  return [delveProgram(delve), 'core', ...files].join(' ');
}

function Claim({
  finding,
  evidence,
}: {
  readonly finding: FindingPart;
  readonly evidence: FindingPart['evidence'][number];
}) {
  const { id, kind, text, check } = evidence;
  const frame = frameOf(finding, check);
  const findPlaces = useFindPlaces();
  const places = new Set([text, check].flatMap(findPlaces).map(({ file, line }) => `${file}:${line}`));
  return (
    <li id={`${finding.id}-${id}`} class="claim">
      <details class="claim-check">
        <summary>
          <b>{id}</b> <Prose text={text} /> <span class="tag">{kind}</span>
        </summary>
        {[...places].map((place) => (
          <Source key={place} place={place} />
        ))}
        {frame !== undefined && (frame.variables ?? []).length > 0 && (
          <>
            <p class="dim">
              Frame {frame.index}, <code>{shortName(frame.function)}</code>, has
            </p>
            <Variables variables={frame.variables ?? []} />
          </>
        )}
        <Commands lines={check.split('; ')} prompt="(dlv)" what={`the commands that show ${id}`} />
      </details>
    </li>
  );
}

/** The frame that the commands of a claim look into. */
function frameOf({ rootCause }: FindingPart, check: string) {
  const goroutine = /\bgoroutine (\d+)/.exec(check)?.[1];
  const index = /\bframe (\d+)/.exec(check)?.[1];
  if (goroutine === undefined || index === undefined) return undefined;
  const { stack = [] } = rootCause.goroutines.find(({ id }) => id === Number(goroutine)) ?? {};
  return stack.find((frame) => frame.index === Number(index));
}
