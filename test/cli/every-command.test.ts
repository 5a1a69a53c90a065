import { mkdir, writeFile } from 'node:fs/promises';
import { stripVTControlCharacters } from 'node:util';
import { expect } from 'chai';
import { execa } from 'execa';
import { loadCommands, loadDefinitions, modules } from '../../lab/cli/commands/index.js';
import { openProgram } from '../../lab/cli/program.js';
import { parseConfig } from '../../lab/config.js';
import { projectRoot } from '../../lab/paths.js';
import { type LabResult, lab } from '../lab-process.js';
import { tempFolder } from '../temp-folder.js';
import { openTerminal } from '../terminal.js';

const names = modules.flatMap(({ purposes }) => Object.keys(purposes));

/** One use of each command that is soon over, with the exit code that it has where no run is stored. */
const uses: Readonly<Record<string, readonly [args: readonly string[], exitCode: number]>> = {
  run: [['run', '--load', 'foo'], 64],
  regress: [['regress', '--only', 'nothing-is-called-so'], 64],
  provision: [['provision', 'nope'], 64],
  build: [['build', '--port', 'x'], 64],
  start: [['start'], 64],
  load: [['load'], 64],
  stop: [['stop'], 64],
  capture: [['capture', '--pid', 'x'], 64],
  analyze: [['analyze', '--exe', '/nowhere', '--core', '/nowhere'], 64],
  compare: [['compare', '/nowhere', '/nowhere-else'], 64],
  watch: [['watch', '--pid', 'x'], 64],
  triage: [['triage', '/nowhere'], 64],
  facts: [['facts', '--exe', '/nowhere'], 64],
  mcp: [['mcp', '/nowhere'], 64],
  scenarios: [['scenarios'], 0],
  runs: [['runs'], 0],
  report: [['report', '/'], 64],
  checklist: [['checklist', '/'], 64],
  kit: [['kit', 'open', '/nowhere'], 64],
  workshop: [['workshop', '--port', 'x'], 64],
  doctor: [['doctor', '--target', 'moon'], 64],
  clean: [['clean'], 0],
  completion: [['completion', 'bash'], 0],
};

/** Words that may be longer than a line: they are there to be copied. */
const toCopy = /npx |npm |\/|--\w|`/;

function tooWide(text: string, columns: number): readonly string[] {
  return stripVTControlCharacters(text)
    .split(/\r?\n/)
    .filter((line) => line.length > columns && !toCopy.test(line));
}

describe('every command', function () {
  this.timeout(120_000);

  it('has a purpose, a definition without its work, and one use here', async () => {
    expect(Object.keys(uses)).to.have.members(names);
    for (const name of names) {
      const program = await openProgram(name);
      const full = await openProgram(name, async () => {});
      const help = (of: typeof program): string | undefined =>
        of.commands.find((command) => command.name() === name)?.helpInformation();
      expect(help(program), name).to.equal(help(full));
      expect(await loadDefinitions(name), name).to.have.length((await loadCommands(name)).length);
    }
  });

  for (const name of names) {
    it(`${name}: its --help is a manual page of 80 columns, in no colours, without a terminal`, async () => {
      const { exitCode, stdout, stderr } = await lab([name, '--help'], { NO_COLOR: '' });
      expect([exitCode, stderr]).to.deep.equal([0, '']);
      expect(stripVTControlCharacters(stdout)).to.equal(stdout);
      const titles = ['NAME', 'SYNOPSIS', 'DESCRIPTION', 'OUTPUT', 'EXIT CODES', 'ENVIRONMENT', 'SEE ALSO'];
      for (const title of titles) expect(stdout).to.match(new RegExp(`^${title}$`, 'm'));
      expect(stdout).to.match(/^EXAMPLES?\n(?: {2}\S.*\n)* {4}\$ /m);
      expect(tooWide(stdout, 80)).to.deep.equal([]);
    });

    it(`${name}: fits a terminal of 50 columns, and is coloured there unless NO_COLOR is set`, async () => {
      await using folder = await tempFolder();
      const [args, expected] = uses[name] ?? [[], 0];
      for (const [words, code] of [
        [[name, '--help'], 0],
        [args, expected],
      ] as const) {
        const command = [process.execPath, `${projectRoot}/dist/scripts/lab.js`, ...words].join(' ');
        const env = { LAB_RUNS: folder.file('runs'), NO_COLOR: '', HOME: folder.path };
        await using coloured = openTerminal(`sh -c '${command}; echo exit=$?'`, { columns: 50, env });
        const shown = await coloured.ended;
        expect(shown).to.contain(`exit=${code}`);
        if (name !== 'completion' || code !== expected) expect(tooWide(shown, 50)).to.deep.equal([]);
      }
    });

    it(`${name}: has one document on stdout with --json, and nothing on stderr but what failed with --quiet`, async () => {
      await using folder = await tempFolder();
      const env = { LAB_RUNS: folder.file('runs'), HOME: folder.path };
      const [args, expected] = uses[name] ?? [[], 0];
      const json: LabResult = await lab([...args, '--json'], env);
      expect(json.exitCode).to.equal(expected);
      const document: unknown = JSON.parse(json.stdout);
      if (expected !== 0) expect(document).to.have.nested.property('error.code', 'usage');
      const quiet = await lab([...args, '--quiet'], env);
      expect(quiet.exitCode).to.equal(expected);
      if (expected === 0) expect(quiet.stderr).to.equal('');
      else
        expect(quiet.stderr)
          .to.match(/^error: /)
          .and.not.match(/✖|Invalid/);
      expect(expected === 0).to.equal(quiet.stdout !== '');
    });
  }

  it('colours a terminal, and none of it with NO_COLOR', async () => {
    for (const [NO_COLOR, coloured] of [
      ['', true],
      ['1', false],
    ] as const) {
      const { stdout } = await execa(
        'script',
        ['-qfec', `${process.execPath} ${projectRoot}/dist/scripts/lab.js --help`, '/dev/null'],
        { env: { NO_COLOR, TERM: 'xterm' } },
      );
      expect(stripVTControlCharacters(stdout) !== stdout).to.equal(coloured);
    }
  });

  it('is listed by `lab --help` under what it is for', async () => {
    for (const args of [['--help'], ['help'], ['-h']]) {
      const { exitCode, stdout } = await lab(args);
      expect(exitCode).to.equal(0);
      for (const name of names) expect(stdout).to.match(new RegExp(`^ {2}${name} +\\S`, 'm'));
      expect(tooWide(stdout, 80)).to.deep.equal([]);
    }
    expect((await lab(['help', 'runs'])).stdout).to.equal((await lab(['runs', '--help'])).stdout);
  });

  it('has examples that its own definitions accept', async () => {
    let count = 0;
    for (const name of names) {
      const help =
        (await openProgram(name)).commands.find((one) => one.name() === name)?.helpInformation() ?? '';
      for (const line of help.match(/(?<=^ {4}\$ ).*$/gm) ?? []) {
        for (const one of line.split(/ && | \| | > | >> /)) count += await parses(one);
      }
    }
    expect(count).to.be.above(25);
  });
});

/** Has a shell divide a command, and the definitions parse it; 0 for what is no command of the lab. */
async function parses(command: string): Promise<number> {
  if (!command.startsWith('npx lab ')) return 0;
  const { stdout } = await execa('bash', ['-c', `npx() { printf '%s\\n' "$@"; }; ${command}`]);
  const [, name = '', ...words] = stdout.split('\n');
  const program = await openProgram(name);
  await program.parseAsync([name, ...words], { from: 'user' });
  const parsed = program.commands.find((one) => one.name() === name);
  if (['run', 'provision', 'build'].includes(name)) {
    const { json, quiet, repeat, run, ...rest } = parsed?.opts() ?? {};
    parseConfig({ ...rest, scenario: parsed?.processedArgs[0] });
  }
  return 1;
}

describe('stored runs', () => {
  it('are listed whole on a narrow terminal: names are there to be copied', async () => {
    await using folder = await tempFolder();
    const name = '2026-11-23T110000-subscribe-with-a-number-12';
    await mkdir(folder.file(`runs/${name}`), { recursive: true });
    await writeFile(folder.file(`runs/${name}/run.json`), '{}');
    for (const columns of [40, 60, 80, 120]) {
      await using terminal = openTerminal(`${process.execPath} ${projectRoot}/dist/scripts/lab.js runs`, {
        columns,
        env: { LAB_RUNS: folder.file('runs') },
      });
      const shown = await terminal.ended;
      expect(shown).to.contain(name).and.to.contain('unreadable');
      expect(Math.max(...shown.split(/\r?\n/).map(({ length }) => length))).to.be.at.most(
        Math.max(columns, name.length),
      );
    }
  });
});
