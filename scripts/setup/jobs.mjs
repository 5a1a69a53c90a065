import { setMaxListeners } from 'node:events';
import { existsSync, realpathSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, buildIsFresh } from './build.mjs';
import { runChild } from './child.mjs';
import { withLock } from './lock.mjs';
import { installPackages, packagesAreFresh } from './node-packages.mjs';
import { logFile, SetupError, step } from './steps.mjs';
import { runTests } from './tests.mjs';
import { everyTier, tiers } from './tiers.mjs';
import { pathWith, prepareTools, rememberedTools } from './toolchain.mjs';

const root = realpathSync(join(dirname(fileURLToPath(import.meta.url)), '..', '..'));

/** Commands that run programs of the toolchain; the others work, or say what is missing, without it. */
const commandsWithTools = new Set([
  'run',
  'regress',
  'provision',
  'build',
  'start',
  'load',
  'capture',
  'analyze',
  'facts',
  'workshop',
]);

const tests = new Set([...tiers.map(({ job }) => job), everyTier]);

/** Does the set-up and one of package.json's jobs, and leaves with its exit code. */
export async function runJob(job, args) {
  if (job === 'lab') {
    const [first = '-'] = args;
    const asked = args.some((arg) => /^(--help|-h|--version|-V)$/.test(arg));
    const whole = first.startsWith('-') && !asked ? ['run', ...args] : args;
    await runLab(whole, { toolchain: !asked && commandsWithTools.has(whole[0]) });
    return;
  }
  const tools = await setUp({ toolchain: true });
  if (tests.has(job)) process.exit(await runTests(root, tools, job, args));
  if (job === 'bench' || job === 'score') {
    const argv = [process.execPath, join(root, 'dist', job, 'index.js'), ...args];
    process.exit(await runChild(argv, { cwd: root, env: { PATH: pathWith(tools) } }));
  }
  if (job === 'release') {
    const argv = [process.execPath, join(root, 'dist', 'scripts', 'release', 'index.js'), ...args];
    process.exit(await runChild(argv, { cwd: process.cwd(), env: { PATH: pathWith(tools) } }));
  }
  process.stderr.write(
    `unknown job: ${job}\n-> npm run lab, bench, score, release, ${[...tests].join(', ')}\n`,
  );
  process.exit(64);
}

/** Sets up and becomes the lab, in this process and folder: its signals and exit code are its own. */
export async function runLab(args, { toolchain }) {
  await setUp({ toolchain });
  const entry = join(root, 'dist', 'scripts', 'lab.js');
  process.argv = [process.execPath, entry, ...args];
  await import(pathToFileURL(entry).href);
}

/** Does what is missing of the set-up; silent when nothing is. Leaves the process when it cannot. */
async function setUp({ toolchain }) {
  const look = () => ({
    packages: packagesAreFresh(root),
    built: buildIsFresh(root),
    tools: toolchain ? rememberedTools(root) : {},
  });
  const seen = look();
  if (seen.packages && seen.built && seen.tools !== undefined) return seen.tools;
  const interruption = new AbortController();
  setMaxListeners(0, interruption.signal); // many commands at once listen to it
  const onSignal = (name) => interruption.abort(new Interrupted(name));
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const name of names) process.on(name, onSignal);
  const { signal } = interruption;
  try {
    const onWait = (pid) => process.stderr.write(`waiting for the set-up of process ${pid} to end\n`);
    return await withLock({ file: join(root, '.cache', 'setup.lock'), signal, onWait }, async () => {
      if (!packagesAreFresh(root))
        await step('installing node packages', () => installPackages(root, signal), { root });
      if (!buildIsFresh(root)) await step('building', () => build(root, signal), { root });
      return toolchain ? (rememberedTools(root) ?? (await prepareTools(root, signal))) : {};
    });
  } catch (error) {
    leave(signal.aborted ? signal.reason : error);
  } finally {
    for (const name of names) process.removeListener(name, onSignal);
  }
}

class Interrupted extends Error {
  constructor(name) {
    super('interrupted');
    this.exitCode = 128 + constants.signals[name];
  }
}

/** Says what failed and the one thing to do, and leaves with the error's exit code. */
function leave(error) {
  const { message = String(error), hint, tail, details, exitCode = 70 } = error ?? {};
  const more = tail ?? details?.stderr ?? details?.failures?.join('\n');
  if (more) process.stderr.write(`${more.trimEnd()}\n\n`);
  process.stderr.write(`${message}\n`);
  if (hint) process.stderr.write(`-> ${hint}\n`);
  if (exitCode === 70 && !(error instanceof SetupError)) process.stderr.write(`${error?.stack ?? ''}\n`);
  if (!(error instanceof Interrupted) && existsSync(logFile(root))) {
    process.stderr.write(`The full log: ${logFile(root)}\n`);
  }
  process.exit(exitCode);
}
