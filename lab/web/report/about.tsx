import type { DiagnosisPart, RunPart } from '../../report/page-data.js';
import { Commands, LeftOut, Prose } from './parts.js';
import { Table } from './table.js';
import { bytes, counted, number, seconds } from './words.js';

/** The commands of a run, as a person would type them. */
export function RunCommands({ run: { commands } }: { readonly run: RunPart }) {
  const some = commands.filter((chapter) => chapter.commands.length > 0);
  if (some.length === 0) return null;
  return (
    <details class="part-of">
      <summary>
        <h3>Commands</h3>
      </summary>
      <p>
        As a person would type them; what each printed stands in <a href="transcript.md">transcript.md</a>.
      </p>
      {some.map(({ title, commands: typed }) => (
        <div key={title}>
          <h4>{title}</h4>
          <Commands lines={typed.map(({ line }) => line)} prompt="$" what={`the commands of “${title}”`} />
        </div>
      ))}
    </details>
  );
}

/** What could not be read or decided. */
export function Limits({ diagnosis: { limits, leftOut } }: { readonly diagnosis: DiagnosisPart }) {
  if (limits.length === 0) return <p>Nothing was left unread or undecided.</p>;
  return (
    <details class="part-of" id="limits" open={limits.length <= openLimits}>
      <summary>
        <h3>Limits: {counted(limits.length + leftOut.limits, 'sentence')}</h3>
      </summary>
      <ul class="limits">
        {limits.map((limit) => (
          <li key={limit}>
            <Prose text={limit} />
          </li>
        ))}
      </ul>
      <LeftOut what={[[leftOut.limits, 'limit', limits.length]]} />
    </details>
  );
}

/** Limits that are told without being asked for. */
const openLimits = 3;

/** All that is needed to do it again. */
export function Versions({
  diagnosis,
  run,
}: {
  readonly diagnosis: DiagnosisPart | undefined;
  readonly run: RunPart | undefined;
}) {
  return (
    <>
      {diagnosis !== undefined && <Program diagnosis={diagnosis} />}
      {run !== undefined && <RunTables run={run} />}
    </>
  );
}

function Program({ diagnosis: { process, stats } }: { readonly diagnosis: DiagnosisPart }) {
  const checked = `${number(stats.crossChecked)} goroutines compared with Delve's list, ${number(stats.crossCheckMismatches)} differ`;
  const isDump = stats.engine === 'dump';
  const rows: readonly (readonly [string, string])[] = [
    ...(isDump && process.exe === '' ? [] : [['executable', process.exe] as const]),
    [isDump ? 'goroutine dump' : 'core', process.core],
    ...(isDump
      ? []
      : ([
          ['build ID', process.buildId === '' ? 'unknown' : process.buildId],
          ['built with', `${process.goVersion}, ${process.os}/${process.arch}`],
        ] as const)),
    ['read by', stats.engine],
    ['took', `${seconds(stats.wallMs)}, at most ${bytes(stats.peakRssBytes)} of memory`],
    ['cross-check', stats.crossChecked === 0 ? 'none' : checked],
  ];
  return (
    <>
      <h3>The program</h3>
      <Pairs label="The program" head={['what', 'value']} rows={rows} />
    </>
  );
}

function RunTables({ run: { stages, versions, files } }: { readonly run: RunPart }) {
  return (
    <>
      <h3>Versions</h3>
      <Pairs label="Versions" head={['what', 'version']} rows={versions} />
      <h3>Stages</h3>
      <Table label="Stages" head={['stage', 'state', 'time']}>
        {stages.map(({ name, state, ms }) => (
          <tr key={name}>
            <td>{name}</td>
            <td>{state}</td>
            <td class="number">{ms === undefined ? '' : seconds(ms)}</td>
          </tr>
        ))}
      </Table>
      <h3>Files</h3>
      <Table label="Files" head={['file', 'size', 'content']}>
        {files.map(({ name, bytes: size, content }) => (
          <tr key={name}>
            <td>
              <a href={`./${encodeURI(name)}`}>{name}</a>
            </td>
            <td class="number">{bytes(size)}</td>
            <td>{content}</td>
          </tr>
        ))}
      </Table>
    </>
  );
}

function Pairs({
  label,
  head,
  rows,
}: {
  readonly label: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly [string, string])[];
}) {
  return (
    <Table label={label} head={head}>
      {rows.map(([what, value]) => (
        <tr key={what}>
          <td>{what}</td>
          <td>
            <code>{value}</code>
          </td>
        </tr>
      ))}
    </Table>
  );
}
