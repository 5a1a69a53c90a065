import { create } from 'xmlbuilder2';
import type { Triage } from '../triage/group.js';
import { sightingsOf } from './triage-text.js';

/**
 * A triage as JUnit XML: a test case for each group. A cause is a failure, one with a ticket is skipped, what has no cause
 * yet and what could not be diagnosed is an error.
 */
export function triageJunit({ groups, items }: Triage): string {
  // What XML cannot hold (XML 1.0, 2.2), which a dump may have, is left out.
  const document = create({ version: '1.0', encoding: 'UTF-8', invalidCharReplacement: '' });
  const failed = items.filter(({ state }) => state === 'failed');
  const open = groups.filter(({ ticket }) => ticket === undefined);
  const totals = {
    tests: String(groups.length + failed.length),
    failures: String(open.filter(({ rule }) => rule !== null).length),
    errors: String(open.filter(({ rule }) => rule === null).length + failed.length),
    skipped: String(groups.length - open.length),
  };
  const suite = document
    .ele('testsuites', { name: 'lab triage', ...totals })
    .ele('testsuite', { name: 'hangs by cause', ...totals });
  for (const group of groups) {
    const { fingerprint, rule, count, summary, of, example, ticket } = group;
    const name = `${rule ?? 'no cause yet'} ${fingerprint}`;
    const test = suite.ele('testcase', { classname: 'triage', name });
    const message = `${count} times: ${summary}`.replaceAll(/\s+/g, ' ');
    const text = [...of, sightingsOf(group), `example ${example}`].join('\n');
    if (ticket !== undefined) test.ele('skipped', { message: ticket });
    else if (rule === null) test.ele('error', { message, type: 'no-cause' }).txt(text);
    else test.ele('failure', { message, type: rule }).txt(text);
  }
  for (const { path, why = '' } of failed) {
    suite.ele('testcase', { classname: 'triage', name: path }).ele('error', { message: why, type: 'failed' });
  }
  return `${document.end({ prettyPrint: true })}\n`;
}
