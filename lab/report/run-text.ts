import { relative } from 'node:path';
import type { Colors } from 'picocolors/types.js';
import prettyBytes from 'pretty-bytes';
import type { ExpectationRow } from '../expectation.js';
import { checklistText } from './checklist-text.js';
import { contentOf, type RunReport } from './run-report.js';
import { shorten, wrap } from './wrap.js';

export interface RunTextOptions {
  /** The run's folder. */
  readonly dir: string;
  /** The diagnosis in words, as `lab analyze` prints it. */
  readonly proof?: string;
  readonly colours: Colors;
}

/** The end of `lab run`: the checklist or what was expected, the verdict in words with the proof, where the files are. */
export function runText(
  { record, checklist, expectations, files }: RunReport,
  options: RunTextOptions,
): string {
  const { dir, proof, colours } = options;
  const { conclusion } = record;
  const paint = { confirmed: colours.green, refuted: colours.red, unknown: colours.yellow };
  const verdict =
    conclusion === null
      ? ['The run has no conclusion.']
      : [
          `${colours.bold(paint[conclusion.verdict](conclusion.verdict.toUpperCase()))}`,
          ...wrap(conclusion.summary),
          ...conclusion.reasons.flatMap((reason) => wrap(reason, { indent: '  ', first: '- ' })),
        ];
  const heading = (text: string): string => colours.bold(text);
  const parts = [
    ...(checklist.length === 0
      ? []
      : [[heading('The article, claim by claim'), '', checklistText(checklist, colours)]]),
    ...(checklist.length > 0 || expectations.length === 0
      ? []
      : [[heading('Expected and found'), '', ...expectationLines(expectations, colours)]]),
    ...(proof === undefined || proof.trim() === '' ? [] : [[heading('Diagnosis'), '', proof.trimEnd()]]),
    verdict,
    [heading('Files'), ...fileLines(dir, files)],
  ];
  return `${parts.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function expectationLines(rows: readonly ExpectationRow[], colours: Colors): string[] {
  return rows.flatMap(({ what, expected, found, met }) => {
    const mark = met ? colours.green('met    ') : colours.red('NOT MET');
    const [first = '', ...more] = wrap(
      met && found === expected ? expected : `expected ${expected}, found ${found}`,
      {
        indent: ' '.repeat(20),
      },
    );
    return [`  ${mark}  ${what.padEnd(8)} ${first.trimStart()}`, ...more];
  });
}

function fileLines(dir: string, files: RunReport['files']): string[] {
  const shown = relative(process.cwd(), dir);
  const folder = shown === '' || shown.startsWith('..') ? dir : shown;
  const name = Math.min(24, Math.max(0, ...files.map((file) => file.name.length)));
  const lines = files.flatMap((file) => {
    const first = `  ${shorten(file.name, 24).padEnd(name)}  ${prettyBytes(file.bytes).padStart(8)}  `;
    return wrap(contentOf(file.name), { first, indent: ' '.repeat(first.length) });
  });
  return [`  in ${folder}`, ...lines];
}
