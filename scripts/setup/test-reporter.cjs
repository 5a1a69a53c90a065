// Mocha's own `spec`, which also leaves its counts in the file that LAB_TEST_COUNTS names, and in the one that
// LAB_TEST_DURATIONS names the seconds of each file of tests, the slowest first; to LAB_TEST_FAILURES it adds a line of
// JSON for each test that failed: file, title, error. CommonJS, since mocha loads reporters with require.
const { appendFileSync, writeFileSync } = require('node:fs');
const { relative } = require('node:path');
const { reporters, Runner } = require('mocha');

const { EVENT_HOOK_END, EVENT_RUN_END, EVENT_TEST_END, EVENT_TEST_FAIL } = Runner.constants;

module.exports = class extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const {
      LAB_TEST_COUNTS: countsFile,
      LAB_TEST_DURATIONS: durationsFile,
      LAB_TEST_FAILURES: failuresFile,
    } = process.env;
    const seconds = new Map();
    const add = ({ file = '', duration = 0 }) => {
      const name = relative(process.cwd(), file);
      seconds.set(name, (seconds.get(name) ?? 0) + duration / 1000);
    };
    runner.on(EVENT_TEST_END, add);
    runner.on(EVENT_HOOK_END, add);
    runner.on(EVENT_TEST_FAIL, (test, error) => {
      if (failuresFile) appendFileSync(failuresFile, failureOf(test, error));
    });
    runner.once(EVENT_RUN_END, () => {
      const { passes, failures, pending } = this.stats;
      if (countsFile)
        writeFileSync(countsFile, JSON.stringify({ passed: passes, failed: failures, skipped: pending }));
      if (durationsFile) writeDurations(durationsFile, seconds);
    });
  }
};

function failureOf(test, error) {
  const file = relative(process.cwd(), test.file ?? '');
  const title = test.fullTitle();
  return `${JSON.stringify({ file, title, error: String(error?.stack ?? error) })}\n`;
}

function writeDurations(file, seconds) {
  const slowestFirst = [...seconds].sort(([, a], [, b]) => b - a);
  writeFileSync(file, `${JSON.stringify(Object.fromEntries(slowestFirst), undefined, 1)}\n`);
}
