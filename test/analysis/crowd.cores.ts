import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { execa } from 'execa';
import { crowdCore } from '../../bench/crowd.js';
import { analyzeCore } from '../../lab/analysis/analyze-core.js';
import { findDelve } from '../../lab/toolchain/index.js';
import { goTools } from '../hung-program.js';
import { isSure } from '../sure.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';

const { signal } = new AbortController();
const [go] = await goTools(signal);
const hasGcore = (await execa('gcore', [], { reject: false })).code !== 'ENOENT';
const module = resolve(fileURLToPath(import.meta.url), '../../../../bench/go/crowd');
const size = 30_000;

describe('a crowd behind one stuck consumer', function () {
  this.timeout(120_000);
  let folder: TempFolder;
  let dlv: string;
  let exe: string;
  let core: string;
  let stuck: number;

  before(async function () {
    const found =
      go === undefined ? undefined : await findDelve({ goVersion: go.version, install: false }, signal);
    if (go === undefined || found === undefined || !hasGcore) this.skip();
    dlv = found.path;
    folder = await tempFolder();
    const made = await crowdCore({ go: go.path, module, folder: folder.path, size }, signal);
    ({ exe, core, stuck } = made);
  });
  after(async () => folder?.[Symbol.asyncDispose]());

  it('is counted to the last goroutine, in a few groups', async () => {
    const saved = folder.file('list.json');
    const options = { exe, core, delve: dlv, rawListFile: saved };
    const diagnosis = await analyzeCore(options, () => undefined, signal);
    expect(diagnosis.verdict).to.equal('deadlock');
    const [finding] = diagnosis.findings;
    expect(finding).to.include({ rule: 'self-blocked-consumer' }).and.satisfy(isSure);
    const [root] = finding?.rootCause.goroutines ?? [];
    expect(root?.startLocation.function).to.equal('main.(*desk).sort');
    const [resource] = finding?.rootCause.resources ?? [];
    expect(resource).to.deep.include({ name: 'main.desk.in', waiters: { send: stuck, recv: 0 } });
    expect(finding?.victims.goroutines).to.equal(stuck - 1);
    expect(diagnosis.process.goroutines.user).to.equal(size);
    const counted = diagnosis.groups.reduce((sum, { count }) => sum + count, 0);
    expect(counted).to.equal(diagnosis.process.goroutines.total);
    expect(diagnosis.groups.length).to.be.lessThan(20);
    expect(diagnosis.stats).to.include({ engine: 'core-reader', crossChecked: 200, crossCheckMismatches: 0 });
    expect(diagnosis.limits.join()).to.match(/list was not saved/);
  });

  it('is counted as well when the one at fault comes last of all', async () => {
    const { path } = go ?? { path: '' };
    const options = { go: path, module, folder: folder.path, size, late: true };
    await using made = await crowdCore(options, signal);
    const files = { exe: made.exe, core: made.core, delve: dlv };
    const { verdict, findings, groups, userLocations } = await analyzeCore(files, () => undefined, signal);
    expect(verdict).to.equal('deadlock');
    expect(findings[0]).to.include({ rule: 'self-blocked-consumer' }).and.satisfy(isSure);
    expect(findings[0]?.victims.goroutines).to.equal(made.stuck - 1);
    expect(findings[0]?.rootCause.goroutines[0]?.startLocation.function).to.equal('main.(*desk).sort');
    expect(groups.filter(({ userLocation }) => userLocation.function === 'main.offer')).to.have.length(1);
    expect(userLocations[0]?.function).to.equal('main.(*desk).put');
  });

  it('is diagnosed through Delve alone where the layout is unknown, and says what is missing', async () => {
    const options = { exe, core, delve: dlv, engine: 'delve' } as const;
    const { verdict, findings, stats, limits, process } = await analyzeCore(options, () => undefined, signal);
    expect(verdict).to.equal('deadlock');
    expect(findings[0]).to.include({ rule: 'self-blocked-consumer' }).and.satisfy(isSure);
    expect(findings[0]?.victims.goroutines).to.be.lessThan(stuck - 1);
    expect(process.goroutines.user).to.equal(size);
    expect(stats.engine).to.equal('delve');
    expect(limits.join('\n')).to.match(
      /Of \d+ goroutines that send in main\.\(\*desk\)\.put:\d+, \d+ were asked/,
    );
  });
});
