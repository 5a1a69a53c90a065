import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { runChild } from './child.mjs';
import { goFlavours, runGoTests } from './go-tests.mjs';
import { everyTier, tierOf, tiers } from './tiers.mjs';
import { pathWith } from './toolchain.mjs';

/** More would wait for one another: a test of cores has programs, debuggers and a diagnosis at work itself. */
const mostSideBySide = 4;
/** Of a test that names none of its own; a neighbour takes its share of the machine. */
const timeoutMs = 20_000;
const timeoutBesideMs = 60_000;

/**
 * Tests of one tier, or of every one: mocha, and Go's where the tier has them. With arguments mocha alone, which gets
 * them; files among them are run instead of the tier's. In CI (`CI=true`) a skipped test fails, and so does a tier that
 * lacks its tools. Returns the exit code of the first that failed; the counts go to the file that
 * LAB_TEST_SUMMARY names, and of each test that fails a line of JSON (file, title, error) is added to the one that
 * LAB_TEST_FAILURES names.
 */
export async function runTests(root, tools, job, args) {
  const summaryFile = process.env.LAB_TEST_SUMMARY;
  if (summaryFile) rmSync(summaryFile, { force: true });
  const inCi = /^(true|1)$/.test(process.env.CI ?? '');
  const results = [];
  for (const tier of tiers.filter((one) => job === everyTier || one.job === job)) {
    if (results.some(({ code }) => code >= 128)) break;
    if (job === everyTier) process.stdout.write(`\n${nameOf(tier)}\n`);
    results.push(...(await runTier(root, tools, tier, { args, inCi })));
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
  const what = job === everyTier ? 'All tests' : nameOf({ job });
  process.stdout.write(`\n${what}: ${counts.passed} passed, ${counts.failed} failed${more}\n`);
  return code;
}

/** As it is typed. */
const nameOf = ({ job }) => (job === 'test' ? 'npm test' : `npm run ${job}`);

/** The results of a tier's parts: counts and exit code of each. */
async function runTier(root, tools, tier, { args, inCi }) {
  const why = tier.lacks?.();
  if (why !== undefined) {
    process.stdout.write(`The tests of ${nameOf(tier)} were skipped: ${why}\n`);
    return [{ passed: 0, failed: inCi ? 1 : 0, skipped: 0, code: inCi ? 1 : 0 }];
  }
  const isName = (arg) => tier.names !== undefined && !arg.startsWith('-') && !arg.endsWith('.js');
  if (args.some(isName)) process.env[tier.names] = args.filter(isName).join(',');
  const others = args.filter((arg) => !isName(arg));
  const results = [await runMocha(root, tools, tier, others, inCi)];
  if (!tier.goTests || args.length > 0) return results;
  for (const { folder, tags, tool } of goFlavours(root)) {
    if (results.some(({ code }) => code >= 128)) break;
    results.push(await runGoTests(tools[tool], folder, tags));
  }
  return results;
}

/** Mocha with the project's reporter; counts and exit code. */
async function runMocha(root, tools, tier, args, inCi) {
  const named = args.filter((arg) => arg.endsWith('.js'));
  const files = named.length > 0 ? named : filesOf(root, tier);
  if (files.length === 0) return { passed: 0, failed: 0, skipped: 0, code: 0 };
  const folder = mkdtempSync(join(tmpdir(), 'lab-tests-'));
  const countsFile = join(folder, 'counts.json');
  const beside = sideBySide(files);
  const argv = [
    process.execPath,
    '--enable-source-maps',
    join(root, 'node_modules', 'mocha', 'bin', '_mocha'),
    ...['--no-config', '--timeout', String(beside.length > 0 ? timeoutBesideMs : timeoutMs), '--forbid-only'],
    // A handle that a test leaves open must not keep the whole run from ending.
    '--exit',
    ...['--reporter', join(root, 'scripts', 'setup', 'test-reporter.cjs')],
    ...(inCi ? ['--forbid-pending'] : []),
    ...beside,
    ...args.filter((arg) => !named.includes(arg)),
    ...files,
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

function sideBySide(files) {
  if (files.length < 2 || files.some((file) => tierOf(file)?.clock !== false)) return [];
  const jobs = Math.min(availableParallelism(), mostSideBySide, files.length);
  return jobs < 2 ? [] : ['--parallel', '--jobs', String(jobs)];
}

/** The compiled files of a tier, relative to the root: those that come first, then by name. */
function filesOf(root, { ending, first = [] }) {
  const folder = join(root, 'dist', 'test');
  const names = first.map((name) => join('dist', 'test', `${name}.${ending}.js`));
  const rank = (path) => (names.includes(path) ? names.indexOf(path) : names.length);
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(`.${ending}.js`))
    .map((entry) => relative(root, join(entry.parentPath ?? entry.path, entry.name)))
    .sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}

function readCounts(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
