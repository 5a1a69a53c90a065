import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { z } from 'zod';
import { diagnosisSchema } from '../../lab/analysis/model/diagnosis.js';
import { type Bundle, bundleSchema } from '../../lab/capture/bundle.js';
import { checklistRowSchema } from '../../lab/checklist/row.js';
import { runRecordSchema } from '../../lab/store/run-record.js';
import { ensureFacts } from '../../lab/toolchain/facts.js';
import { shapeOf } from '../shape-of.js';
import { noSshd } from '../sshd.js';
import { type SshHost, startHost } from './ssh-host.js';

const documentSchema = runRecordSchema.extend({
  dir: z.string(),
  diagnosis: diagnosisSchema,
  checklist: z.array(checklistRowSchema).optional(),
});
const anyPort = ['--port', '0', '--pprof-port', '0'];

describe('the experiment on a host over SSH', function () {
  this.timeout(180_000);
  let host: SshHost;

  before(async function () {
    if (noSshd !== undefined) {
      console.error(`    skipped: ${noSshd}`);
      this.skip();
    }
    host = await startHost();
  });

  after(() => host?.[Symbol.asyncDispose]());

  async function lab(args: readonly string[], env: Readonly<Record<string, string>> = {}, expected = 0) {
    const { exitCode, stdout, stderr } = await host.start([...args, '--json'], env).ended;
    expect(exitCode, `${args.join(' ')}: ${stderr.slice(-4_000)}`).to.equal(expected);
    return JSON.parse(stdout) as unknown;
  }

  async function run(args: readonly string[], env?: Readonly<Record<string, string>>) {
    return documentSchema.parse(await lab(['run', ...args], env));
  }

  /** What reads the sources is there. A Go at its usual place is found without PATH; without modules it builds no Delve. */
  async function machineWithoutDelve() {
    const bin = await mkdtemp(host.file('bin-'));
    for (const name of ['node', 'ssh', 'sh', 'git', 'curl']) {
      const { stdout, exitCode } = await execa('which', [name], { reject: false });
      if (exitCode === 0) await symlink(stdout, join(bin, name));
    }
    const nothing = { PATH: bin, HOME: bin, LAB_CACHE: join(bin, 'no-delve'), GOPROXY: 'off' };
    const [{ path: helper }] = await Promise.all([
      ensureFacts({ goVersion: 'go1.19' }, new AbortController().signal),
      mkdir(nothing.LAB_CACHE),
    ]);
    await symlink(dirname(helper), join(nothing.LAB_CACHE, basename(dirname(helper))));
    return nothing;
  }

  const bundleIn = ({ stages }: z.infer<typeof documentSchema>): Bundle =>
    bundleSchema.parse(Object(stages['capture']).result);

  it('comes to the diagnosis of this machine, with all claims held and everything at home', async () => {
    const there = await run(['blog', '--target', host.target, ...anyPort]);
    expect(there.conclusion).to.include({ verdict: 'confirmed' });
    const outcomes = (there.checklist ?? []).map(({ outcome }) => outcome);
    expect(outcomes.filter((outcome) => outcome === 'fails' || outcome === 'not-observed')).to.deep.equal([]);
    const { size, core, exe, sha256 } = bundleIn(there);
    expect((size.transferred ?? Number.POSITIVE_INFINITY) / size.apparent).to.be.below(0.05);
    expect((await stat(core)).mode & 0o777).to.equal(0o600);
    const { stdout } = await execa('sha256sum', [core, exe]);
    expect(stdout.split('\n').map((line) => line.slice(0, 64))).to.deep.equal([sha256.core, sha256.exe]);
    expect(await readFile(join(there.dir, 'server.log'), 'utf8')).to.contain('goroutine ');
    expect(await readdir(join(there.dir, 'sources'))).to.include('internal');
    expect(await host.leftovers()).to.deep.equal([]);

    const here = await run(['blog', ...anyPort]);
    expect(shapeOf(there.diagnosis)).to.deep.equal(shapeOf(here.diagnosis));

    // As on another machine, which does not know that host.
    const copy = host.file('copy');
    await cp(there.dir, copy, { recursive: true });
    const again = await lab(['analyze', '--run', copy], { LAB_SSH_CONFIG: '/dev/null' }, 1);
    expect(shapeOf(diagnosisSchema.parse(again))).to.deep.equal(shapeOf(here.diagnosis));
  });

  it('finds nothing in a repaired twin', async () => {
    const { conclusion, diagnosis } = await run(['search', '--fixed', '--target', host.target]);
    expect(conclusion).to.include({ verdict: 'confirmed' });
    expect(diagnosis.verdict).to.equal('none');
    expect(await host.leftovers()).to.deep.equal([]);
  });

  it('reads the core with the Delve of the host, asked for or where this machine has none', async () => {
    const nothing = await machineWithoutDelve();
    const args = ['catalog', '--target', host.target];
    // Mostly they wait; two at once also must not disturb each other.
    const both = await Promise.all([run([...args, '--delve', 'there']), run(args, nothing)]);
    for (const { diagnosis, stages, dir } of both) {
      expect(Object(stages['provision']?.result).delveThere).to.match(/\/dlv$/);
      expect(diagnosis.findings[0]).to.include({ certainty: 'strong', rule: 'read-write-read' });
      const here = diagnosisSchema.parse(await lab(['analyze', '--run', dir], {}, 1));
      expect(shapeOf(diagnosis)).to.deep.equal(shapeOf(here));
    }
    expect(await host.leftovers()).to.deep.equal([]);
  });

  it('walks through the core as the article does with the Delve of the host, where this machine has none', async () => {
    const nothing = await machineWithoutDelve();
    const there = await run(['blog', '--target', host.target, ...anyPort], nothing);
    expect(there.conclusion).to.include({ verdict: 'confirmed' });
    const rows = there.checklist ?? [];
    expect(rows.length).to.equal(33);
    expect(rows.filter(({ outcome }) => outcome === 'fails' || outcome === 'not-observed')).to.deep.equal([]);
    const transcript = await readFile(join(there.dir, 'transcript.md'), 'utf8');
    const walked = transcript.slice(transcript.indexOf('## Walk through the core'));
    expect(walked).to.contain('`ssh server-7`');
    expect(walked).to.match(/^\$ dlv core server core\.\d+ --headless/m);
    expect(walked).to.match(/^\(dlv\) stack 50 -full$/m);
    expect(
      walked.split('\n').filter((line) => line.startsWith('$ ') && line.includes('/tmp/')),
    ).to.deep.equal([]);
    expect(await host.leftovers()).to.deep.equal([]);
  });

  it('goes stage by stage, and captures whatever runs there', async () => {
    await lab(['provision', 'catalog', '--target', host.target]);
    for (const stage of ['build', 'start', 'load', 'capture']) await lab([stage]);
    const { pid } = await host.process(/^\S+\/server /);
    const output = host.file('capture');
    const args = ['capture', '--pid', String(pid), '--target', host.target, '--output', output];
    const { exe, core } = bundleSchema.parse(await lab(args));
    const diagnosis = diagnosisSchema.parse(await lab(['analyze', '--exe', exe, '--core', core], {}, 1));
    const [dir = ''] = (await readdir(host.runs)).sort().slice(-1);
    const own = await lab(['analyze', '--run', join(host.runs, dir)], {}, 1);
    expect(shapeOf(diagnosis)).to.deep.equal(shapeOf(diagnosisSchema.parse(own)));
    expect(diagnosis.findings[0]).to.include({ certainty: 'strong', rule: 'read-write-read' });
    await rm(output, { recursive: true });
    await lab(['stop']);
    expect(await host.leftovers()).to.deep.equal([]);
  });

  it('is examined by doctor', async () => {
    const rows = z
      .array(z.looseObject({ name: z.string(), status: z.string() }))
      .parse(await lab(['doctor', '--target', host.target]));
    expect(rows.map(({ name }) => name)).to.include.members(['Go', 'gdb']);
  });
});
