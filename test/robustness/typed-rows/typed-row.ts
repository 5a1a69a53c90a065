import type { Row } from '../row.js';

/** A row with what test/robustness/inputs.runs.ts has a shell do; `@` stands for the lab, whose words it is without one. */
export type TypedRow = Row & { readonly line: string };
