/** One bad input or fault, as docs/robustness.md tells of it and as its test expects it. */
export interface Row {
  readonly input: string;
  readonly happens: string;
  readonly exit: number;
  /** What the lab says, on either stream; blanks stand for any white space. */
  readonly says: RegExp;
}

export type Rows = Readonly<Record<string, Row>>;
