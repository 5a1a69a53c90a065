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

/** The chapters of the table. */
export const chapters = {
  'Standard output': output,
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
