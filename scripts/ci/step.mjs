#!/usr/bin/env node
// A step of a CI job (action.yml): runs tests, and when they time out or hang, diagnoses why. Node alone runs it.
import { spawn } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { annotations, relativeTo } from './annotate.mjs';
import { hungProcess } from './processes.mjs';

const usage = `step.mjs --folder DIR [--hang-after SECONDS] [--lab COMMAND] -- COMMAND [ARGUMENT...]
Runs the command. When its output has a goroutine dump, or it has not ended after so many seconds, the lab says why: on
stderr, as annotations of the files that are to blame, and as DIR/report.html. Ends with the exit code of the command.
`;

const given = readArguments(process.argv.slice(2));
if (given === undefined) {
  process.stderr.write(usage);
  process.exit(64);
}
process.exitCode = await main(given);

async function main({ folder, hangAfter, lab, command }) {
  mkdirSync(folder, { recursive: true });
  const log = join(folder, 'output.log');
  const child = spawn(command[0], command.slice(1), { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const file = createWriteStream(log);
  for (const name of ['stdout', 'stderr']) {
    child[name].pipe(process[name], { end: false });
    child[name].pipe(file, { end: false });
  }
  for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => signal(-child.pid, name));
  let captured;
  const timer = setTimeout(async () => {
    captured = await capture(child.pid, { folder, lab });
    // Tests print their dump, and `go test` its summary; whatever ignores it is ended for good.
    if (captured.pid !== undefined) signal(captured.pid, 'SIGQUIT');
    setTimeout(() => signal(-child.pid, 'SIGKILL'), 20_000).unref();
  }, hangAfter * 1000);
  if (hangAfter === 0) clearTimeout(timer);
  const code = await ended(child);
  clearTimeout(timer);
  await new Promise((done) => file.end(done));
  const inputs = captured?.inputs ?? (hasDump(log) ? ['--dump', log] : undefined);
  if (inputs !== undefined) await diagnose(inputs, { folder, lab });
  return captured === undefined ? code : code || 1;
}

/** A core of the process that hangs below that one; without one the dump in its output has to do. */
async function capture(root, { folder, lab }) {
  const hung = hungProcess(root);
  if (hung === undefined) {
    process.stderr.write('no process of a Go program is there to take a core of\n');
    return {};
  }
  process.stderr.write(`process ${hung.pid} (${hung.exe}) has not ended: taking its core\n`);
  const to = join(folder, 'core');
  const { code, stdout } = await run(lab, ['capture', '--pid', String(hung.pid), '-o', to, '--json']);
  if (code !== 0) return { pid: hung.pid };
  const { core, exe } = JSON.parse(stdout);
  return { pid: hung.pid, inputs: ['--exe', resolve(to, exe), '--core', resolve(to, core)] };
}

/** Writes the page, the annotations and the summary. What fails here is said, and changes no result of the tests. */
async function diagnose(inputs, { folder, lab }) {
  const page = join(folder, 'report.html');
  const { code, stdout } = await run(lab, ['analyze', ...inputs, '--html', page, '--json']);
  if (![0, 1, 2].includes(code)) return;
  const diagnosis = JSON.parse(stdout);
  writeFileSync(join(folder, 'diagnosis.json'), stdout);
  const workspace = process.env.GITHUB_WORKSPACE ?? process.cwd();
  for (const line of annotations(diagnosis, relativeTo(workspace))) process.stdout.write(`${line}\n`);
  const { stdout: summary } = await run(lab, ['analyze', ...inputs, '--markdown']);
  append('GITHUB_STEP_SUMMARY', `${summary}\n`);
  append('GITHUB_OUTPUT', `verdict=${diagnosis.verdict}\n${existsSync(page) ? `page=${page}\n` : ''}`);
}

/** The file that a variable of the CI service names; elsewhere nothing is written. */
function append(variable, line) {
  const file = process.env[variable];
  if (file) writeFileSync(file, line, { flag: 'a' });
}

function hasDump(log) {
  return /^goroutine \d+ .*\[.+\]:$/m.test(readFileSync(log, 'utf8'));
}

async function run(lab, args) {
  const child = spawn(lab[0], [...lab.slice(1), ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [stdout, code] = await Promise.all([text(child.stdout), ended(child)]);
  return { stdout, code };
}

/** The exit code as a shell has it. */
function ended(child) {
  return new Promise((done) => {
    child.once('error', (error) => {
      process.stderr.write(`${child.spawnfile} cannot be run: ${error.message}\n`);
      done(127);
    });
    child.once('close', (code, name) => done(code ?? 128 + (constants.signals[name] ?? 0)));
  });
}

function signal(pid, name) {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

function readArguments(args) {
  const at = args.indexOf('--');
  const options = { '--folder': undefined, '--hang-after': '0', '--lab': 'go-deadlock-lab' };
  for (let i = 0; i < at; i += 2) {
    if (!(args[i] in options)) return undefined;
    options[args[i]] = args[i + 1];
  }
  const hangAfter = Number(options['--hang-after']);
  const command = args.slice(at + 1);
  if (at === -1 || command.length === 0 || !options['--folder'] || !(hangAfter >= 0)) return undefined;
  const lab = options['--lab'].split(' ');
  return { folder: resolve(options['--folder']), hangAfter, lab, command };
}
