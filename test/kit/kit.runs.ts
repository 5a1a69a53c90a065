import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { analyzeCore } from '../../lab/analysis/analyze-core.js';
import { type Diagnosis, diagnosisSchema } from '../../lab/analysis/model/diagnosis.js';
import { toLabError } from '../../lab/errors.js';
import { openKit } from '../../lab/kit/open.js';
import { type PackedKit, packKit } from '../../lab/kit/pack.js';
import { compareDiagnoses } from '../../lab/kit/same-diagnosis.js';
import { toolsText } from '../../lab/report/kit-text.js';
import { sourceMapOf } from '../../lab/run-sources.js';
import type { Sources } from '../../lab/source/sources.js';
import { openRun } from '../../lab/store/run-store.js';
import { findDelve } from '../../lab/toolchain/index.js';
import { startLab } from '../lab-process.js';
import { rejectsWith } from '../rejects.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';
import { stepOf, visit } from '../workshop/visit.js';
import { startWorkshop } from '../workshop/workshop-process.js';
import { makeSecrets, runWithSecrets } from './hung-run.js';
import { writeLesson } from './lesson.js';
import { piecesOf, tracesIn, tracesInArchive } from './traces.js';

const { signal } = new AbortController();
const silent = () => undefined;

describe('a kit of the article run', function () {
  this.timeout(240_000);
  const secrets = makeSecrets();
  const needles = [
    ...[secrets.path, secrets.header, secrets.cookie, secrets.body].flatMap((text) => piecesOf(text, 6)),
    ...piecesOf(secrets.binary, 12),
  ];
  let folder: TempFolder;
  let dir: string;
  let kit: PackedKit;
  let opened: string;
  let core: string;

  before(async function () {
    if ((await execa('gcore', [], { reject: false })).code === 'ENOENT') return this.skip();
    folder = await tempFolder();
    dir = await runWithSecrets(folder.path, 'blog', secrets);
    const lesson = await writeLesson(folder.file('to-teach'));
    kit = await packKit({ dir, out: folder.file('blog.tar.gz'), keepHeap: false, lesson }, silent, signal);
    opened = (await openKit({ file: kit.file, dir: folder.file('opened') }, signal)).dir;
    core = (await readdir(dir)).find((name) => name.startsWith('core.')) ?? '';
  });
  after(async () => folder?.[Symbol.asyncDispose]());

  it('is at most 8 MB, of a core of more than a gigabyte', async () => {
    // More than a gigabyte of Go 1.23 and newer; older ones map less.
    expect((await stat(join(dir, core))).size).to.be.above(5e8);
    expect(kit.bytes).to.be.at.most(8e6);
    expect((await stat(kit.file)).size).to.equal(kit.bytes);
  });

  it('gives the same diagnosis, with nothing but what is in it', async () => {
    const whole = await diagnose(dir, core);
    const read: string[] = [];
    const slimmed = await diagnose(opened, core, async (sources) => {
      read.push(...sources.read.map(({ local }) => local));
    });
    expect(read.filter((path) => path.includes('/src/sync/'))).not.to.deep.equal([]);
    expect(read.filter((path) => !path.startsWith(`${opened}/`))).to.deep.equal([]);
    expect(compareDiagnoses(whole, slimmed)).to.deep.equal({ differences: [], valuesLeftOut: 0 });
    expect(whole.verdict).to.equal('deadlock');
    expect(slimmed.limits).to.deep.equal([]);
    const packed = diagnosisSchema.parse(JSON.parse(await readFile(join(opened, 'diagnosis.json'), 'utf8')));
    expect(compareDiagnoses(whole, packed).differences).to.deep.equal([]);
  });

  it('holds no piece of what clients sent, though the core is full of it', async () => {
    const wholes = Object.values(secrets).map((secret) => Buffer.from(secret));
    expect(await tracesIn(dir, wholes)).to.be.at.least(wholes.length);
    expect(await tracesIn(opened, needles)).to.equal(0);
    expect(await tracesInArchive(kit.file, needles)).to.equal(0);
  });

  it('shows the same goroutines, stacks and channel in Delve', async () => {
    const dlv = await findDelve({ goVersion: kit.manifest.versions.go, install: false }, signal);
    if (dlv === undefined) throw new Error('the lab has no Delve');
    const [finding] = kit.diagnosis.findings;
    const id = finding?.rootCause.goroutines[0]?.id ?? 0;
    const channel = finding?.rootCause.resources[0]?.address ?? '';
    const commands = [
      'goroutines -t 30',
      'goroutines -u -s',
      `goroutine ${id}`,
      'stack -full',
      `print *(*"runtime.hchan")(${channel})`,
      'threads',
      ...kit.diagnosis.groups.flatMap(({ exampleIds }) => [`goroutine ${exampleIds[0]}`, 'stack 50']),
      ...kit.diagnosis.findings.flatMap(({ evidence }) => evidence.flatMap(({ check }) => check.split('; '))),
    ];
    const say = async (home: string) => {
      const { stdout } = await execa(
        dlv.path,
        ['core', join(opened, 'server'), join(home, core), '--allow-non-terminal-interactive=true'],
        { input: `${commands.join('\n')}\nquit\n`, env: { HOME: folder.path, TERM: 'dumb' } },
      );
      return stdout;
    };
    const [whole, slimmed] = [await say(dir), await say(opened)];
    expect(whole.split('\n').length).to.be.above(2000);
    expect(whole).to.include('inChannel');
    expect(slimmed).to.equal(whole);
  });

  it('tells what it holds, and with what to look at it', async () => {
    const { manifest } = kit;
    expect(manifest).to.include({ schema: 'lab.kit/1', scenario: 'blog', fixed: false, verdict: 'deadlock' });
    expect(manifest.versions.delve).to.match(/^1\.\d+/);
    expect(manifest.leftOut).to.include('server.log');
    expect(manifest.core.kind).to.equal('slimmed');
    expect(toolsText(manifest)).to.match(/^built with Go 1\.\d+/);
    const files = await readdir(opened);
    expect(files).to.have.members([
      'kit.json',
      'run.json',
      'diagnosis.json',
      core,
      'server',
      'sources',
      'other-sources',
      'lesson',
    ]);
    // It tells the version of the language that the program is written in.
    expect(await readdir(join(opened, 'sources'))).to.include('go.mod');
    expect((await stat(opened)).mode & 0o777).to.equal(0o700);
    expect((await stat(join(opened, core))).mode & 0o777).to.equal(0o600);
  });

  it('is opened and diagnosed by the commands that are printed', async () => {
    const to = folder.file('by command');
    const word = (path: string) => `'${to}${path}'`;
    const first = await startLab(['kit', 'open', kit.file, '-o', to, '--json']).ended;
    expect(first.exitCode, first.stderr).to.equal(0);
    const { commands } = JSON.parse(first.stdout);
    expect(commands[0]).to.equal(`npx lab analyze --run ${word('')}`);
    expect(commands[1]).to.equal(`dlv core ${word('/server')} ${word(`/${core}`)}`);
    expect((await startLab(['analyze', '--run', to, '--quiet']).ended).exitCode).to.equal(1);
    expect(commands.slice(2)).to.deep.equal([
      `npx lab report ${word('')}`,
      `npx lab workshop --lessons ${word('/lesson')}`,
    ]);
    expect((await startLab(['report', to]).ended).exitCode).to.equal(0);
    const page = await readFile(join(to, 'report.html'), 'utf8');
    // The blocked line of the program, and one of the library around a frame.
    expect(page).to.include('m.inChannel \\u003c- metric');
  });

  it('brings a lesson that the workshop opens, with the core of the kit', async () => {
    const args = ['--lessons', join(opened, 'lesson'), '--dir', folder.file('class'), '--name', 'ada'];
    await using workshop = await startWorkshop(args);
    const { ask, state } = await visit(workshop, 'opened');
    expect((await state()).lessons.map(({ name }) => name)).to.deep.equal(['opened']);
    await ask('01-look', 'prepare');
    const there = await readdir(folder.file('class/ada/opened'));
    expect(there).to.have.members(['server', core, 'sources', 'env.sh']);
    const id = kit.diagnosis.findings[0]?.rootCause.goroutines[0]?.id ?? 0;
    const wrong = stepOf(await ask('01-look', 'check', { goroutine: '1' }), '01-look', 'opened');
    expect(wrong?.met).to.equal(false);
    const right = stepOf(await ask('01-look', 'check', { goroutine: `${id}` }), '01-look', 'opened');
    expect(right?.met).to.equal(true);
  });

  it('has all of the core with --keep-heap', async () => {
    const out = folder.file('whole.tar.gz');
    const whole = await packKit({ dir, out, keepHeap: true }, silent, signal);
    expect(whole.manifest.core).to.deep.equal({ kind: 'whole', size: (await stat(join(dir, core))).size });
    const to = folder.file('whole');
    await openKit({ file: out, dir: to }, signal);
    const same = await execa('cmp', [join(dir, core), join(to, core)], { reject: false });
    expect(same.exitCode).to.equal(0);
    expect((await stat(join(to, core))).blocks * 512).to.be.below(300e6);
  });

  it('is not packed over what is there, nor of a run without a core', async () => {
    const again = packKit({ dir, out: kit.file, keepHeap: false }, silent, signal);
    expect((await rejectsWith('usage', again)).message).to.equal(`${kit.file} exists already`);
    const empty = await startLab(['provision', 'blog', '--json'], { LAB_RUNS: folder.file('runs') }).ended;
    const bare = String(JSON.parse(empty.stdout).dir);
    const none = await rejectsWith(
      'usage',
      packKit({ dir: bare, out: folder.file('none'), keepHeap: false }, silent, signal),
    );
    expect(none.message).to.equal(`run ${basename(bare)} has no core, so there is nothing to pack`);
    expect(existsSync(folder.file('none'))).to.equal(false);
  });

  it('says that the disk is full, and leaves nothing behind', async function () {
    const disk = folder.file('disk');
    await mkdir(disk);
    const mounted = await execa('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'none', disk], { reject: false });
    if (mounted.exitCode !== 0) return this.skip();
    try {
      const out = join(disk, 'kit.tar.gz');
      await rejectsWith('no-space', packKit({ dir, out, keepHeap: false }, silent, signal));
      expect(await readdir(disk)).to.deep.equal([]);
      await rejectsWith('no-space', openKit({ file: kit.file, dir: join(disk, 'kit') }, signal));
      expect(await readdir(disk)).to.deep.equal([]);
    } finally {
      await execa('umount', [disk]);
    }
  });

  it('leaves nothing behind when it is interrupted', async () => {
    const place = folder.file('place');
    await mkdir(place);
    const stop = new AbortController();
    const onNote = () => stop.abort();
    const work = packKit({ dir, out: join(place, 'kit.tar.gz'), keepHeap: false }, onNote, stop.signal);
    expect(await work.catch((error) => toLabError(error).code)).to.equal('interrupted');
    expect(await readdir(place)).to.deep.equal([]);
  });

  async function diagnose(
    home: string,
    name: string,
    onSources?: (sources: Sources) => Promise<void>,
  ): Promise<Diagnosis> {
    const sourceMap = sourceMapOf(await openRun(home));
    return await analyzeCore(
      { exe: join(home, 'server'), core: join(home, name), sourceMap, onSources },
      silent,
      signal,
    );
  }
});
