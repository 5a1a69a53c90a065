import { mkdir, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { execa } from 'execa';
import { captureChoices, flavours, loadDrivers } from '../../lab/choices.js';
import { candidates } from '../../lab/cli/completion/candidates.js';
import { openProgram } from '../../lab/cli/program.js';
import { scenarios } from '../../lab/scenarios/index.js';
import { lab } from '../lab-process.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';
import { has, openTerminal } from '../terminal.js';

const run = '2026-11-23T110000-blog';

/** A working folder with a stored run, a file and a folder, and the script of a shell. */
async function place(shell: string): Promise<TempFolder> {
  const folder = await tempFolder();
  await mkdir(folder.file(`runs/${run}`), { recursive: true });
  await mkdir(folder.file('somewhere else'));
  await writeFile(folder.file('server.bin'), '');
  await writeFile(folder.file('script'), (await lab(['completion', shell])).stdout);
  return folder;
}

async function words(...typed: readonly string[]): Promise<readonly string[]> {
  const name = typed.slice(0, -1).find((word) => !word.startsWith('-'));
  const { found, more } = await candidates(await openProgram(name), name, typed);
  return [...found.map(({ word }) => word), `:${more}`];
}

describe('completion', function () {
  this.timeout(60_000);

  it('knows commands, their options, and the few words that options take', async () => {
    expect(await words('re')).to.deep.equal(['regress', 'report', ':none']);
    expect(await words('run', '--lo')).to.deep.equal(['--load', '--load-timeout', ':none']);
    expect(await words('run', '--load', '')).to.deep.equal([...loadDrivers, ':none']);
    expect(await words('run', '--capture', '')).to.deep.equal([...captureChoices, ':none']);
    expect(await words('build', '--build=')).to.deep.equal([
      ...flavours.map((one) => `--build=${one}`),
      ':none',
    ]);
    expect(await words('capture', '--sl')).to.deep.equal(['--slim', ':none']);
    expect(await words('capture', '--target', 's')).to.deep.equal(['ssh://', ':none']);
    expect(await words('completion', 'z')).to.deep.equal(['zsh', ':none']);
  });

  it('knows scenarios, also behind options with values', async () => {
    const names = scenarios.map(({ name }) => name);
    expect(await words('run', '')).to.have.members([...names, 'fleet', 'warehouses', ':none']);
    expect(await words('run', '--load', 'wrk', '--fixed', 'blo')).to.deep.equal(['blog', ':none']);
    expect(await words('run', 'blog', '')).to.deep.equal([':none']);
    expect(await words('regress', '--only', 'thumb')).to.deep.equal(['thumbnails', ':none']);
  });

  it('leaves files and folders to the shell, where they are wanted', async () => {
    expect(await words('analyze', '--exe', '')).to.deep.equal([':files']);
    expect(await words('regress', '--keep', '')).to.deep.equal([':folders']);
    expect(await words('run', '--port', '')).to.deep.equal([':none']);
  });

  it('offers no option twice, but for those that may be repeated', async () => {
    expect(await words('run', '--fixed', '--fi')).to.deep.equal([':none']);
    expect(await words('analyze', '--source-map', 'a=b', '--source')).to.contain('--source-map');
  });

  it('answers whatever is typed with exit 0 and nothing on stderr', async () => {
    for (const typed of [[], [''], ['nope', ''], ['run', '--nope', ''], ['--', ''], ['run', '--=', '=']]) {
      const { exitCode, stdout, stderr } = await lab(['__complete', ...typed]);
      expect([exitCode, stderr], typed.join(' ')).to.deep.equal([0, '']);
      expect(stdout).to.match(/^:(files|folders|none)$/m);
    }
  });

  describe('in bash', () => {
    const cases: readonly (readonly [string, RegExp])[] = [
      ['lab scen', /lab scenarios /],
      ['npx lab doc', /npx lab doctor /],
      ['lab run --load=w', /--load=wrk /],
      ['lab doctor --target ssh', /--target ssh:\/\/$/],
      ['lab analyze --exe ser', /--exe server\.bin /],
      ['lab analyze --exe=ser', /--exe=server\.bin /],
      ['lab regress --keep some', /--keep somewhere\\ else\//],
      ['lab report runs/2', new RegExp(`runs/${run}`)],
    ];
    for (const [line, completed] of cases) {
      it(`completes ${line} at a real prompt`, async () => {
        await using folder = await place('bash');
        await using terminal = openTerminal('bash --norc --noprofile -i', {
          columns: 200,
          cwd: folder.path,
          env: { HOME: folder.path, LAB_RUNS: folder.file('runs'), INPUTRC: '/dev/null' },
        });
        terminal.write('. ./script; bind "set enable-bracketed-paste off"; PS1="rea""dy> "\n');
        await terminal.shows(/ready> $/);
        terminal.write(`${line}\t`);
        await terminal.shows(new RegExp(`ready> .*${completed.source}`));
        terminal.write('\x15exit\n');
        await terminal.ended;
      });
    }

    it('shows what fits when several do', async () => {
      await using folder = await place('bash');
      await using terminal = openTerminal('bash --norc --noprofile -i', {
        columns: 200,
        cwd: folder.path,
        env: { HOME: folder.path, INPUTRC: '/dev/null' },
      });
      terminal.write('. ./script; bind "set enable-bracketed-paste off"; PS1="rea""dy> "\n');
      await terminal.shows(/ready> $/);
      terminal.write('lab run --capture \t\t');
      await terminal.shows(/\ndelve +gcore/);
    });
  });

  describe('in zsh', () => {
    const cases: readonly (readonly [string, RegExp])[] = [
      ['lab scen', /scenarios /],
      ['npx lab doc', /doctor /],
      ['lab run --load=w', /--load=wrk /],
      ['lab doctor --target ssh', /--target ssh:\/\//],
      ['lab analyze --exe=ser', /--exe=server\.bin /],
      ['lab report runs/2', new RegExp(`runs/${run}`)],
    ];
    for (const [line, completed] of cases) {
      it(`completes ${line} at a real prompt`, async function () {
        if (!(await has('zsh'))) this.skip();
        await using folder = await place('zsh');
        await using terminal = openTerminal('zsh -f -i', {
          columns: 200,
          cwd: folder.path,
          env: { HOME: folder.path, ZDOTDIR: folder.path, LAB_RUNS: folder.file('runs') },
        });
        terminal.write('. ./script; PROMPT_SP=; PS1="rea""dy> "\n');
        await terminal.shows(/ready> /);
        terminal.write(`${line}\t`);
        await terminal.shows(new RegExp(`ready> [^]*${completed.source}`));
      });
    }
  });

  describe('in fish', () => {
    const cases: readonly (readonly [string, RegExp])[] = [
      ['lab scen', /^scenarios\t/],
      ['npx lab doc', /^doctor\t/],
      ['lab run --load ', /^autocannon\nwrk$/],
      ['lab run --load=w', /^--load=wrk$/],
      ['lab run cata', /^catalog\t/],
      ['lab analyze --exe ser', /^server\.bin$/],
      ['lab analyze --exe=ser', /^--exe=server\.bin$/],
      ['lab report runs/2', new RegExp(`^runs/${run}`)],
    ];
    for (const [line, completed] of cases) {
      it(`completes ${line}`, async function () {
        if (!(await has('fish'))) this.skip();
        await using folder = await place('fish');
        const { stdout } = await execa(
          'fish',
          ['--no-config', '-c', `source script; complete -C '${line}'`],
          {
            cwd: folder.path,
            env: { HOME: folder.path, LAB_RUNS: folder.file('runs') },
          },
        );
        expect(stdout).to.match(completed);
      });
    }
  });
});
