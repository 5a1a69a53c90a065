import type { PageData } from '../../report/page-data.js';
import { Commands, LeftOut, Prose } from './parts.js';
import { Table } from './table.js';
import { bytes, number, seconds } from './words.js';

/** What could not be known, and all that is needed to do it again. */
export function About({ data: { diagnosis, run } }: { readonly data: Pick<PageData, 'diagnosis' | 'run'> }) {
  return (
    <>
      {diagnosis !== undefined && <Limits diagnosis={diagnosis} />}
      {run !== undefined && run.commands.length > 0 && (
        <>
          <h3>Commands</h3>
          <p>
            As a person would type them; what each printed stands in <a href="transcript.md">transcript.md</a>
            .
          </p>
          {run.commands
            .filter(({ commands }) => commands.length > 0)
            .map(({ title, commands }) => (
              <div key={title}>
                <h4>{title}</h4>
                <Commands
                  lines={commands.map(({ line }) => line)}
                  prompt="$"
                  what={`the commands of “${title}”`}
                />
              </div>
            ))}
        </>
      )}
      {diagnosis !== undefined && <Program diagnosis={diagnosis} />}
      {run !== undefined && <RunTables run={run} />}
    </>
  );
}

function Limits({
  diagnosis: { limits, leftOut },
}: {
  readonly diagnosis: NonNullable<PageData['diagnosis']>;
}) {
  return (
    <>
      <h3>Limits</h3>
      {limits.length === 0 ? (
        <p>Nothing was left unread or undecided.</p>
      ) : (
        <ul class="limits">
          {limits.map((limit) => (
            <li key={limit}>
              <Prose text={limit} />
            </li>
          ))}
        </ul>
      )}
      <LeftOut what={[[leftOut.limits, 'limit']]} />
    </>
  );
}

function Program({
  diagnosis: { process, stats },
}: {
  readonly diagnosis: NonNullable<PageData['diagnosis']>;
}) {
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

function RunTables({ run: { stages, versions, files } }: { readonly run: NonNullable<PageData['run']> }) {
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
