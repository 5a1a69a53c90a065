/** One bad input or fault, as docs/robustness.md tells of it and as its test expects it. */
export interface Row {
  readonly input: string;
  readonly happens: string;
  readonly exit: number;
  /** What the lab says, on either stream; blanks stand for any white space. */
  readonly says: RegExp;
}

type Rows = Readonly<Record<string, Row>>;

const output = {
  'stdout-full': {
    input: 'Standard output goes to a full disk',
    happens: 'One message; the work goes on to its end, and no exit code passes for an answer.',
    exit: 69,
    says: /^error: the output cannot be written to stdout: the disk is full \(ENOSPC\) do: free some space/,
  },
  'stdout-closed': {
    input: 'The reader of a pipe leaves early (`| head`)',
    happens: 'Nothing is said; the exit code is that of the command.',
    exit: 64,
    says: /^$/,
  },
} satisfies Rows;

const written = {
  'html-is-input': {
    input: '`--html` or `--members` names the core or the executable, also by a link',
    happens: 'Refused before any work; nothing is written.',
    exit: 64,
    says: /would overwrite the (?:core|executable): .* do: choose another file/,
  },
  'html-is-members': {
    input: '`--html` and `--members` name one file, by whatever paths',
    happens: 'Refused before any work; nothing is written.',
    exit: 64,
    says: /^error: the list of goroutines would overwrite the report: /,
  },
  'stdout-is-input': {
    input: 'Standard output is appended to the core, the executable or the report',
    happens: 'Refused before any work; not even the error is printed there.',
    exit: 64,
    says: /^error: what is printed would overwrite the core do: send stdout to another file$/,
  },
  'html-is-stdout': {
    input: 'Standard output is sent to the file that `--html` names',
    happens: 'Refused before any work.',
    exit: 64,
    says: /^error: the report would overwrite what is printed: /,
  },
  'html-in-run': {
    input: '`--html` names a file of the run that `--run` names',
    happens: 'Refused before any work, the reports excepted.',
    exit: 64,
    says: /^error: the report would overwrite run\.json of the run: /,
  },
  'junit-is-baseline': {
    input: '`lab regress` is to write its JUnit report over its baseline',
    happens: 'Refused before any work.',
    exit: 64,
    says: /^error: the (?:JUnit report|new baseline) would overwrite the (?:JUnit report|baseline): /,
  },
} satisfies Rows;

/** The chapters of the table. */
export const chapters = {
  'Standard output': output,
  'Files to write': written,
} satisfies Readonly<Record<string, Rows>>;

type Chapters = typeof chapters;
export type RowId = { [C in keyof Chapters]: keyof Chapters[C] & string }[keyof Chapters];

export function rowOf(id: RowId): Row {
  for (const rows of Object.values<Rows>(chapters)) {
    const row = rows[id];
    if (row !== undefined) return row;
  }
  throw new RangeError(id);
}
