import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { z } from 'zod';
import { diagnosisSchema } from '../../lab/analysis/model/diagnosis.js';
import { bundleSchema } from '../../lab/capture/bundle.js';
import { requireCoreFiles } from '../../lab/capture/core-place.js';
import { checklistRowSchema } from '../../lab/checklist/row.js';
import { quitSchema } from '../../lab/checklist/sigquit.js';
import { poll } from '../../lab/deadline.js';
import { runRecordSchema } from '../../lab/store/run-record.js';
import { openRun } from '../../lab/store/run-store.js';
import { localTarget } from '../../lab/targets/local.js';
import { buildHung, goTools } from '../hung-program.js';
import { startLab } from '../lab-process.js';
import { shapeOf } from '../shape-of.js';
import { noSshd } from '../sshd.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';
import { type SshHost, startHost } from './ssh-host.js';

const { signal } = new AbortController();
const refuses = await requireCoreFiles(localTarget(), signal).then(
  () => undefined,
  (error: Error) => error.message,
);
const documentSchema = runRecordSchema.extend({
  dir: z.string(),
  diagnosis: diagnosisSchema,
  checklist: z.array(checklistRowSchema).optional(),
});
const kernel = ['--port', '0', '--pprof-port', '0', '--capture', 'kernel'];

describe('the experiment with the core of the kernel', function () {
  this.timeout(180_000);
  let folder: TempFolder;
  let host: SshHost | undefined;

  before(async function () {
    if (refuses !== undefined) {
      console.error(`    skipped: ${refuses}`);
      this.skip();
    }
    folder = await tempFolder();
    if (noSshd === undefined) host = await startHost();
  });

  after(async () => {
    await host?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  async function run(args: readonly string[], start = startLab) {
    const lab = start(['run', ...args, '--json'], { LAB_RUNS: folder.file('runs') });
    const { exitCode, stdout, stderr } = await lab.ended;
    expect(exitCode, `${args.join(' ')}: ${stderr.slice(-4_000)}`).to.equal(0);
    expect(lab.children()).to.deep.equal([]);
    return documentSchema.parse(JSON.parse(stdout));
  }

  it('comes to the same diagnosis as by gdb, and its end is the SIGQUIT of the checklist', async () => {
    const seen = await run(['blog', ...kernel]);
    expect(seen.conclusion).to.include({ verdict: 'confirmed' });
    const outcomes = (seen.checklist ?? []).map(({ outcome }) => outcome);
    expect(outcomes.filter((outcome) => outcome === 'fails' || outcome === 'not-observed')).to.deep.equal([]);
    const row = seen.checklist?.find(({ id }) => id === 'sigquit-silent');
    expect(JSON.stringify(row))
      .to.match(/dumped 1,\d+ goroutines/)
      .and.include('SIGABRT');
    const { pid, method } = bundleSchema.parse(Object(seen.stages['capture']).result);
    expect(method).to.equal('kernel');
    const files = await readdir(seen.dir);
    expect(files.filter((name) => /core|capture/.test(name))).to.deep.equal([`core.${pid}`]);
    const transcript = await readFile(join(seen.dir, 'transcript.md'), 'utf8');
    expect(transcript.match(/kill -QUIT/g)).to.have.length(1);
    expect(transcript).to.include('$ GOTRACEBACK=crash ./server').and.to.include('id="gcore"');

    const byGdb = await run(['blog', '--port', '0', '--pprof-port', '0']);
    expect(shapeOf(seen.diagnosis)).to.deep.equal(shapeOf(byGdb.diagnosis));
  });

  it('finds nothing in the repaired twin, taken in the midst of its work', async () => {
    const { conclusion, diagnosis } = await run(['blog', '--fixed', ...kernel]);
    expect(conclusion).to.include({ verdict: 'confirmed' });
    expect(diagnosis.verdict).to.equal('none');
    expect(diagnosis.findings.filter(({ certainty }) => certainty !== 'suspected')).to.deep.equal([]);
  });

  it('finds locks, on a host over SSH as here, and leaves nothing there', async function () {
    if (host === undefined) {
      console.error(`    skipped: ${noSshd}`);
      return this.skip();
    }
    const here = await run(['transfer', ...kernel]);
    const there = await run(['transfer', '--target', host.target, ...kernel], host.start);
    expect(there.conclusion).to.include({ verdict: 'confirmed' });
    expect(shapeOf(there.diagnosis)).to.deep.equal(shapeOf(here.diagnosis));
    // No moment of this one has a goroutine that waits for the next request.
    const fixed = await run(['gossip', '--fixed', '--target', host.target, ...kernel], host.start);
    expect(fixed.diagnosis.verdict).to.equal('none');
    expect(await host.leftovers()).to.deep.equal([]);
  });

  it('is the last stage but the analysis, one by one too', async function () {
    if (host === undefined) return this.skip();
    const lab = async (...args: string[]): Promise<void> => {
      const env = { LAB_RUNS: folder.file('stages') };
      const { exitCode, stderr } = await (host ?? { start: startLab }).start(args, env).ended;
      expect(exitCode, `${args.join(' ')}: ${stderr.slice(-4_000)}`).to.equal(0);
    };
    await lab('build', 'walk', '--target', host.target, ...kernel);
    for (const stage of ['start', 'load', 'capture']) await lab(stage);
    const [name = ''] = await readdir(folder.file('stages'));
    const { record, file } = await openRun(join(folder.file('stages'), name));
    const { sigquit } = quitSchema.parse(record.stages['stop']?.result);
    expect(sigquit).to.have.nested.property('value.goroutines').that.is.greaterThan(1);
    expect(await readFile(file('server.log'), 'utf8')).to.include('SIGQUIT: quit');
    expect(await host.leftovers()).to.deep.equal([]);
  });

  it('takes that of any process, and says before what it costs', async function () {
    const [go] = await goTools(signal);
    if (go === undefined) return this.skip();
    const exe = await buildHung(go.path, folder, 'depot');
    const env = { GOTRACEBACK: 'crash' };
    const program = execa(exe, [], { cwd: folder.path, env, reject: false, stderr: 'ignore' });
    let said = '';
    program.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    await poll(() => said.includes('ready') || undefined, { signal, deadlineMs: 15_000, everyMs: 10 });
    const dir = folder.file('bundle');
    const args = ['capture', '--pid', String(program.pid), '--capture', 'kernel', '-o', dir];
    const { exitCode, stderr } = await startLab(args).ended;
    expect(exitCode, stderr).to.equal(0);
    expect(stderr).to.include(`this ends process ${program.pid}`);
    expect(await program).to.include({ signal: 'SIGABRT' });
    expect(await readdir(dir)).to.have.members([`core.${program.pid}`, 'server', 'bundle.json']);
  });
});
