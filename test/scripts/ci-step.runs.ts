import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { parse } from 'yaml';
import { diagnosisSchema } from '../../lab/analysis/model/diagnosis.js';
import { projectRoot } from '../../lab/paths.js';
import { goBuildEnv } from '../go-build-env.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';

const script = join(projectRoot, 'scripts/ci/step.mjs');
const lab = `${process.execPath} ${join(projectRoot, 'dist/scripts/lab.js')}`;

/** Runs the script of action.yml in a checkout of `test/fixtures/go/tested`, as a CI service does. */
async function step(folder: TempFolder, command: readonly string[], ...options: readonly string[]) {
  const module = folder.file('checkout');
  await cp(join(projectRoot, 'test/fixtures/go/tested'), module, { recursive: true });
  const env = {
    ...goBuildEnv,
    GITHUB_WORKSPACE: module,
    GITHUB_OUTPUT: folder.file('outputs'),
    GITHUB_STEP_SUMMARY: folder.file('summary'),
  };
  const args = [script, '--folder', folder.file('out'), '--lab', lab, ...options, '--', ...command];
  const result = await execa(process.execPath, args, { cwd: module, env, reject: false });
  return { ...result, annotations: result.stdout.split('\n').filter((line) => line.startsWith('::')) };
}

describe('the step of a CI service', function () {
  this.timeout(180_000);

  it('diagnoses the dump of tests that timed out, and warns at the lines that are suspected', async () => {
    await using folder = await tempFolder();
    const { exitCode, annotations } = await step(folder, ['go', 'test', '-timeout', '2s', './...']);
    expect(exitCode).to.equal(1);
    expect(annotations).to.have.length(2);
    for (const line of [13, 22])
      expect(annotations.join('\n')).to.match(
        new RegExp(
          `^::warning file=box/box\\.go,line=${line},title=lock-order \\(suspected\\)::.*box\\.Box`,
          'm',
        ),
      );
    expect(await readFile(folder.file('outputs'), 'utf8')).to.equal(
      `verdict=unknown\npage=${folder.file('out/report.html')}\n`,
    );
    expect(await readFile(folder.file('out/report.html'), 'utf8')).to.contain('lock-order');
    expect(await readFile(folder.file('summary'), 'utf8')).to.contain('lock-order');
  });

  it('takes a core of tests that have not ended in time, ends them, and has the lines proved', async () => {
    await using folder = await tempFolder();
    const command = ['bash', '-c', 'go test ./...'];
    const { exitCode, annotations, stdout } = await step(folder, command, '--hang-after', '15');
    expect(exitCode).to.equal(1);
    expect(stdout).to.contain('SIGQUIT: quit');
    expect(annotations).to.have.length(2);
    for (const line of annotations) expect(line).to.match(/^::error file=box\/box\.go,line=(13|22),/);
    const text = await readFile(folder.file('out/diagnosis.json'), 'utf8');
    expect(diagnosisSchema.parse(JSON.parse(text)).verdict).to.equal('deadlock');
  });

  it('leaves alone what ends by itself, and ends as it does', async () => {
    await using folder = await tempFolder();
    const passed = await step(folder, ['go', 'test', '-run', 'InTurn', './...'], '--hang-after', '100');
    expect([passed.exitCode, passed.annotations]).to.deep.equal([0, []]);
    const failed = await step(folder, ['bash', '-c', 'exit 7']);
    expect([failed.exitCode, failed.annotations]).to.deep.equal([7, []]);
    const absent = await step(folder, ['no-such-program']);
    expect(absent.exitCode).to.equal(127);
    expect(absent.stderr).to.contain('no-such-program cannot be run');
    expect((await execa(process.execPath, [script, '--folder'], { reject: false })).exitCode).to.equal(64);
  });

  it('is what action.yml runs, with the inputs that it has', async () => {
    const text = await readFile(join(projectRoot, 'action.yml'), 'utf8');
    const action = parse(text) as {
      readonly inputs: Readonly<Record<string, unknown>>;
      readonly runs: { readonly steps: readonly { readonly run?: string }[] };
    };
    const used = [...text.matchAll(/inputs\.([\w-]+)/g)].map(([, name]) => name);
    expect([...new Set(used)]).to.have.members(Object.keys(action.inputs));
    const command = action.runs.steps.map(({ run = '' }) => run).find((run) => run.includes('step.mjs'));
    expect(command).to.match(/--folder .* --hang-after .* --lab .* -- bash -c /);
  });
});
