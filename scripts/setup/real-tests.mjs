import { writeFileSync } from 'node:fs';
import { runMocha } from './tests.mjs';

/**
 * The reported deadlocks of test/fixtures/real: each program is built, hung, captured and diagnosed. Arguments are
 * the names of cases, or test files. In CI (`CI=true`) a skipped test fails. Returns the exit code; the counts go to the
 * file that LAB_TEST_SUMMARY names.
 */
export async function runRealTests(root, tools, args) {
  const inCi = /^(true|1)$/.test(process.env.CI ?? '');
  const files = args.filter((arg) => arg.endsWith('.js'));
  const cases = args.filter((arg) => !arg.endsWith('.js'));
  if (cases.length > 0) process.env.LAB_TEST_CASES = cases.join(',');
  const spec = files.length > 0 ? files : ['dist/test/real/*.real.js'];
  const options = ['--no-config', '--forbid-only'];
  const { passed, failed, skipped, code } = await runMocha(root, tools, [...options, ...spec], inCi);
  if (process.env.LAB_TEST_SUMMARY)
    writeFileSync(process.env.LAB_TEST_SUMMARY, JSON.stringify({ passed, failed, skipped }));
  const more = skipped === 0 ? '' : `, ${skipped} skipped`;
  process.stdout.write(`\nReported deadlocks: ${passed} passed, ${failed} failed${more}\n`);
  return code;
}
