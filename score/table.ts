import type { Score } from './score-program.js';

/** Everything that one Go's programs were scored. */
export interface GoScores {
  /** `1.26.8`. */
  readonly go: string;
  readonly scores: readonly Score[];
  /** Programs that never came as far as their profile. */
  readonly unrun: readonly string[];
}

export interface Totals {
  readonly programs: number;
  /** In which a goroutine may leak. */
  readonly leaky: number;
  readonly runtime: { readonly found: number; readonly clean: boolean; readonly ms: number };
  readonly ours: {
    readonly found: number;
    readonly clean: boolean;
    readonly proved: number;
    readonly rightFunction: number;
    readonly ms: number;
    /** Findings that are certain, and of these the ones that say no more than that the object is lost. */
    readonly findings: number;
    readonly unexplained: number;
  };
}

export function totalsOf({ scores }: GoScores): Totals {
  const leaky = scores.filter(({ expected }) => expected > 0);
  const clean = scores.filter(({ expected }) => expected === 0);
  const certain = scores.flatMap(({ ours }) => ours.findings.filter(isCertain));
  return {
    programs: scores.length,
    leaky: leaky.length,
    runtime: {
      found: leaky.filter(({ runtime }) => runtime.found).length,
      clean: clean.every(({ runtime }) => runtime.found),
      ms: medianOf(scores.map(({ runtime }) => runtime.ms)),
    },
    ours: {
      found: leaky.filter(({ ours }) => ours.found).length,
      clean: clean.every(({ ours }) => ours.findings.every(({ certainty }) => certainty !== 'proved')),
      proved: leaky.filter(({ ours }) => ours.findings[0]?.certainty === 'proved').length,
      rightFunction: leaky.filter(({ ours }) => ours.rightFunction === 'yes').length,
      ms: medianOf(scores.map(({ ours }) => ours.ms)),
      findings: certain.length,
      unexplained: certain.filter(({ rule }) => rule === 'unreachable-object').length,
    },
  };
}

const isCertain = ({ certainty }: Score['ours']['findings'][number]) =>
  certainty === 'proved' || certainty === 'strong';

const medianOf = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

const columns = [
  ...['program', 'may leak', 'runtime', 'others', 'ours', 'rules', 'certainty'],
  ...['right function', 'others', 'runtime ms', 'ours ms', 'tries'],
];

function rowOf({ program, expected, tries, runtime, ours }: Score): readonly string[] {
  const told = ours.findings.filter(isCertain);
  const shown = told.length > 0 ? told : ours.findings;
  const each = (pick: (finding: (typeof shown)[number]) => string) =>
    [...new Set(shown.map(pick))].join(', ');
  const kinds = (n: number) => (expected === 0 ? '-' : `${n} of ${expected}`);
  const others = (list: readonly string[]) => (list.length === 0 ? '-' : String(list.length));
  return [
    ...[program, expected === 0 ? 'nothing' : String(expected)],
    ...[kinds(runtime.kinds), others(runtime.others)],
    ...[kinds(ours.kinds), each(({ rule }) => rule) || '-', each(({ certainty }) => certainty) || '-'],
    ...[ours.rightFunction === 'none named' ? '-' : ours.rightFunction, others(ours.others)],
    ...[String(runtime.ms), String(ours.ms), String(tries)],
  ];
}

/** Markdown, a table for each Go with its totals before it. */
export function markdownOf(all: readonly GoScores[]): string {
  const cells = (row: readonly string[]) => `| ${row.join(' | ')} |`;
  return all
    .map((go) =>
      [
        ...[`## Go ${go.go}`, '', ...totalLines(totalsOf(go), go.unrun), ''],
        ...[cells(columns), cells(columns.map(() => '---'))],
        ...go.scores.map((score) => cells(rowOf(score))),
      ].join('\n'),
    )
    .join('\n\n');
}

function totalLines({ leaky, programs, runtime, ours }: Totals, unrun: readonly string[]): readonly string[] {
  const clean = programs - leaky;
  const quiet = (is: boolean) => (is ? 'nothing proved' : '**something proved**');
  return [
    '| | runtime | ours |',
    '|---|---|---|',
    `| found, of ${leaky} programs that may leak | ${runtime.found} | ${ours.found} |`,
    `| of ${clean} in which memory must not prove anything | ${quiet(runtime.clean)} | ${quiet(ours.clean)} |`,
    `| median time | ${runtime.ms} ms | ${ours.ms} ms |`,
    '',
    `Of ours, ${ours.proved} are \`proved\`, and ${ours.rightFunction} name as the root cause goroutines that may leak and no others. Of`,
    `${ours.findings} findings ${ours.unexplained} are \`unreachable-object\`: lost for certain, and no more was found out.`,
    ...(unrun.length === 0 ? [] : ['', `Ended without a profile: ${unrun.join(', ')}.`]),
  ];
}
