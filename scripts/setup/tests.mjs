import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runChild } from './child.mjs';
import { runGoTests } from './go-tests.mjs';
import { pathWith } from './toolchain.mjs';

/**
 * All tests: mocha, then Go's of the faulty and the repaired programs. With arguments mocha alone, which gets
 * them. In CI (`CI=true`) a skipped test fails. Returns the exit code of the first that failed; the
 * counts go to the file that LAB_TEST_SUMMARY names.
 */
export async function runTests(root, tools, args) {
  const summaryFile = process.env.LAB_TEST_SUMMARY;
  if (summaryFile) rmSync(summaryFile, { force: true });
  const inCi = /^(true|1)$/.test(process.env.CI ?? '');
  const results = [await runMocha(root, tools, args, inCi)];
  const goServer = join(root, 'go-server');
  if (args.length === 0 && existsSync(join(goServer, 'go.mod'))) {
    for (const tags of ['', 'fixed']) {
      if (results.some(({ code }) => code >= 128)) break;
      results.push(await runGoTests(tools.go, goServer, tags));
    }
  }
  const sum = (name) => results.reduce((total, result) => total + result[name], 0);
  const skipped = sum('skipped');
  const counts = { passed: sum('passed'), failed: sum('failed'), skipped };
  let code = results.find((result) => result.code !== 0)?.code ?? 0;
  // Mocha fails its own with --forbid-pending; a Go test that skips itself is caught here.
  if (inCi && skipped > 0 && code === 0) {
    counts.failed += skipped;
    code = 1;
  }
  if (summaryFile) writeFileSync(summaryFile, JSON.stringify(counts));
  const more = skipped === 0 ? '' : `, ${skipped} skipped`;
  process.stdout.write(`\nAll tests: ${counts.passed} passed, ${counts.failed} failed${more}\n`);
  return code;
}

/** Mocha with the project's reporter; counts and exit code. */
export async function runMocha(root, tools, args, inCi) {
  const folder = mkdtempSync(join(tmpdir(), 'lab-tests-'));
  const countsFile = join(folder, 'counts.json');
  // Files named by the user replace the configured ones, which mocha itself would add.
  const named = args.some((arg) => arg.endsWith('.test.js'));
  const argv = [
    process.execPath,
    '--enable-source-maps',
    join(root, 'node_modules', 'mocha', 'bin', '_mocha'),
    ...(named ? ['--no-config', '--timeout', '20000', '--forbid-only'] : []),
    // A handle that a test leaves open must not keep the whole run from ending.
    '--exit',
    ...['--reporter', join(root, 'scripts', 'setup', 'test-reporter.cjs')],
    ...(inCi ? ['--forbid-pending'] : []),
    ...args,
  ];
  try {
    const env = { LAB_TEST_COUNTS: countsFile, PATH: pathWith(tools) };
    const code = await runChild(argv, { cwd: root, env });
    const counts = readCounts(countsFile) ?? { passed: 0, failed: 0, skipped: 0 };
    // Whatever made mocha fail without a failed test (a file that does not load, a crash) is one failure.
    const failed = code !== 0 && counts.failed === 0 ? 1 : counts.failed;
    return { ...counts, failed, code };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readCounts(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
