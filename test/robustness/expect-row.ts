import { expect } from 'chai';
import type { LabResult } from '../lab-process.js';
import type { Row } from './row.js';
import { type RowId, rowOf } from './rows.js';

/**
 * Asserts that what was tried ended as its row of docs/robustness.md says: with its exit code, with its words, and with
 * nothing that only a developer could read. A row that no test names here fails the table's own test.
 */
export function expectRow(id: RowId, result: Omit<LabResult, 'signal'>): void {
  expectAsTold(rowOf(id), result);
}

/** The same of a row at hand. What is refused is refused as an error with an action. */
export function expectAsTold(row: Row, { exitCode, stdout, stderr }: Omit<LabResult, 'signal'>): void {
  // What a slow machine is told of work that takes its time.
  const told = stderr.replaceAll(/^analyze {4}.* (?:\.\.\.|\([\d.]+ s\))$/gm, '');
  const said = `${stdout}\n${told}`.replaceAll(/\s+/g, ' ').trim();
  expect(exitCode, `${row.input}: ${said}`).to.equal(row.exit);
  expect(said, row.input).to.match(row.says);
  expect(stderr, row.input).not.to.match(/^ {4}at |✖|node:internal|goroutine \d+ \[running\]/m);
}
