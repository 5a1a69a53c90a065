import { appendFileSync, existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { runChild } from './child.mjs';

/** Go modules of the project with tests, the build tags with which each is tested, and which Go among the tools tests it. */
const modules = [
  { path: 'go-server', flavours: ['', 'fixed'], tool: 'go' },
  { path: join('helpers', 'capture'), flavours: [''], tool: 'go' },
  { path: join('helpers', 'facts'), flavours: [''], tool: 'factsGo' },
];

/** Every module that is there with each of its flavours. */
export function goFlavours(root) {
  return modules
    .map(({ path, ...module }) => ({ folder: join(root, path), ...module }))
    .filter(({ folder }) => existsSync(join(folder, 'go.mod')))
    .flatMap(({ folder, flavours, tool }) => flavours.map((tags) => ({ folder, tags, tool })));
}

/**
 * Counts the events of `go test -json` (`go doc test2json`) and shows what a person wants to read. `fail` gets the name
 * and the output of each test that failed.
 */
export function goTestCounter(show, fail = () => {}) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const outputs = new Map();
  const countOf = { pass: 'passed', fail: 'failed', skip: 'skipped' };
  const onLine = (line) => {
    let event;
    try {
      event = JSON.parse(line);
    } catch {
      show(line); // the compiler's words
      return;
    }
    const { Action: action, Package: name, Test: test, Output: output = '' } = event;
    const key = `${name} ${test ?? ''}`;
    if (action === 'output' || action === 'build-output') {
      outputs.set(key, (outputs.get(key) ?? '') + output);
      if (action === 'build-output' || (test === undefined && /^(ok|FAIL|---|\?)\s/.test(output))) {
        show(output.trimEnd());
      }
      return;
    }
    if (test === undefined || countOf[action] === undefined) return;
    counts[countOf[action]] += 1;
    const said = (outputs.get(key) ?? '').trimEnd();
    if (action !== 'pass') show(said);
    if (action === 'fail') fail(key, said);
  };
  return { counts, onLine };
}

/** `go vet` and the Go tests of one flavour; every command that fails without a failed test counts as one. */
export async function runGoTests(go, folder, tags) {
  if (go === null) {
    process.stdout.write(
      `\n${basename(folder)} was not tested: no Go here is as new as its go.mod asks for\n`,
    );
    return { code: 0, passed: 0, failed: 0, skipped: 1 };
  }
  // Go before 1.20 asks for a C compiler that may not be there; nothing here needs one.
  const env = { GOTOOLCHAIN: 'local', GOWORK: 'off', CGO_ENABLED: '0' };
  const flavour = tags === '' ? [] : [`-tags=${tags}`];
  const show = (text) => process.stdout.write(`${text}\n`);
  show(`\ngo vet and go test in ${basename(folder)}${tags === '' ? '' : ` with -tags=${tags}`}`);
  const vet = await runChild([go, 'vet', ...flavour, './...'], { cwd: folder, env });
  if (vet >= 128) return { code: vet, passed: 0, failed: 1, skipped: 0 };
  const { counts, onLine } = goTestCounter(show, writeFailure);
  const test = await runChild([go, 'test', '-json', ...flavour, './...'], { cwd: folder, env, onLine });
  const broken = (vet === 0 ? 0 : 1) + (test !== 0 && counts.failed === 0 ? 1 : 0);
  return { ...counts, failed: counts.failed + broken, code: test === 0 ? vet : test };
}

/** As the reporter of mocha does it (test-reporter.cjs); a Go test has no file of mocha's to run again. */
function writeFailure(title, error) {
  const file = process.env.LAB_TEST_FAILURES;
  if (file) appendFileSync(file, `${JSON.stringify({ file: '', title, error })}\n`);
}
