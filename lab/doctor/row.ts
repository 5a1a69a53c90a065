/** What was seen of one thing that the lab needs, on one machine. */
export interface SeenRow {
  readonly name: string;
  readonly status: 'ok' | 'missing' | 'warning';
  readonly found: string;
  readonly needed: string;
  /** The command, or the one action, that mends it. */
  readonly mend?: string;
}
