import { cp, mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import type { LabEvent } from '../../lab/events.js';
import { projectRoot } from '../../lab/paths.js';
import { startFacts } from '../../lab/source/helper.js';
import { localTarget } from '../../lab/targets/local.js';
import type { Target } from '../../lab/targets/target.js';
import { ensureFacts, findFacts } from '../../lab/toolchain/facts.js';
import { readSources } from '../../lab/toolchain/facts-cache.js';
import { chooseTools, moduleFiles, pinnedTools } from '../../lab/toolchain/facts-choice.js';
import { findGo, type GoTool } from '../../lab/toolchain/go.js';
import { parseGoVersion } from '../../lab/toolchain/versions.js';
import { rejectsWith } from '../rejects.js';
import { tempFolder } from '../temp-folder.js';

const { signal } = new AbortController();
const small = join(projectRoot, 'test/fixtures/go/facts/small');

/** This machine with another environment. */
function localWith(env: Readonly<Record<string, string>>): Target {
  const target = localTarget();
  return {
    ...target,
    exec: (argv, options) => target.exec(argv, { ...options, env: { ...env, ...options.env } }),
  };
}

describe('the x/tools that the helper is built with', () => {
  it('is the newest that was made for a Go or for one before it', () => {
    const chosen = (text: string) => chooseTools(parseGoVersion(text) ?? { minor: 0 })?.version;
    expect(chosen('go1.18.10')).to.equal(undefined);
    expect(chosen('go1.19.8')).to.equal('0.24.1');
    expect(chosen('go1.23.12')).to.equal('0.24.1');
    expect(chosen('go1.25.5')).to.equal('0.42.0');
    expect(chosen('go1.26.8')).to.equal('0.52.0');
    expect(chosen('go1.31')).to.equal('0.52.0');
    expect(pinnedTools.map(({ needs }) => needs)).to.deep.equal([26, 24, 19]);
  });

  it('comes with the checksum of every module that it needs', () => {
    for (const { version, requires, sums } of pinnedTools) {
      for (const [name, of] of Object.entries({ 'golang.org/x/tools': version, ...requires })) {
        const matching = sums.filter((line) => line.startsWith(`${name} v${of}`));
        expect(matching, `${name} of ${version}`).to.have.length(2);
        for (const line of matching) expect(line).to.match(/ v[\d.]+(?:\/go\.mod)? h1:[\w+/]{43}=$/);
      }
    }
  });

  it('stands in a go.mod of the language of the Go that builds', () => {
    for (const [text, line] of [
      ['go1.19.8', 'go 1.19'],
      ['go1.22.12', 'go 1.22.0'],
      ['go1.27rc1', 'go 1.27rc1'],
    ] as const) {
      const release = parseGoVersion(text);
      const tools = release && chooseTools(release);
      expect(release && tools && moduleFiles(release, tools).mod.split('\n')).to.include(line);
    }
  });
});

describe('the helper that reads Go sources', function () {
  this.timeout(300_000);
  let go: GoTool;
  let moduleCache: string;

  before(async function () {
    const found = await findGo(localTarget(), signal);
    if (found === undefined) return this.skip();
    go = found;
    const { stdout } = await execa(go.path, ['env', 'GOMODCACHE']);
    moduleCache = stdout.trim();
  });

  it('is built into the cache once, told while it is, and found there without running anything', async () => {
    await using cache = await tempFolder();
    const events: LabEvent[] = [];
    const options = { goVersion: go.version, cache: cache.file('a cache'), sources: small };
    expect(await findFacts(options)).to.equal(undefined);
    // What a user has set for builds of their own would break this one.
    const target = localWith({ GOFLAGS: '-mod=vendor', GOOS: 'plan9', GOWORK: cache.file('go.work') });
    const built = await ensureFacts({ ...options, target, emit: (event) => events.push(event) }, signal);
    expect(events.map(({ type }) => type)).to.deep.equal(['note']);
    expect(built).to.include({
      newEnough: true,
      version: `${built.builtWith.text}, x/tools ${chooseTools(built.builtWith)?.version}`,
    });
    expect(await readdir(`${built.goRoot}/src/sync`)).to.include('mutex.go');
    await using session = startFacts({ path: built.path, signal });
    expect(await session.hello).to.deep.include({ protocol: 'lab.facts/1', go: built.builtWith.text });
    const nothing: Target = { ...localTarget(), exec: () => Promise.reject(new Error('something was run')) };
    expect(await ensureFacts({ ...options, target: nothing }, signal)).to.deep.equal(built);
    expect(await findFacts(options)).to.deep.equal(built);
    expect(await readdir(cache.file('a cache'))).to.have.length(1);
  });

  it('is another one when its sources change, and the same when their tests do', async () => {
    await using folder = await tempFolder();
    await cp(small, folder.path, { recursive: true });
    const { hash } = await readSources(small);
    await mkdir(folder.file('testdata'));
    await writeFile(folder.file('testdata/x.go'), 'package x\n');
    await writeFile(folder.file('main_test.go'), 'package main\n');
    expect((await readSources(folder.path)).hash).to.equal(hash);
    await writeFile(folder.file('more.go'), 'package main\n');
    expect((await readSources(folder.path)).hash).not.to.equal(hash);
  });

  it('that does not compile is a missing tool with one thing to do, and is not tried again within the hour', async () => {
    await using folder = await tempFolder();
    await mkdir(folder.file('src'));
    await writeFile(folder.file('src/main.go'), 'package main\n\nfunc main() { nowhere() }\n');
    const cache = folder.file('cache');
    let runs = 0;
    const here = localWith({ GOPROXY: 'off', GOMODCACHE: moduleCache });
    const target: Target = {
      ...here,
      exec: (argv, options) => {
        if (argv[1] === 'build') runs += 1;
        return here.exec(argv, options);
      },
    };
    const options = { goVersion: 'go1.19', cache, sources: folder.file('src'), target };
    const error = await rejectsWith('missing-tool', ensureFacts(options, signal));
    expect(error.exitCode).to.equal(69);
    expect(error.message).to.contain('the helper that reads Go sources is not available');
    expect(JSON.stringify(error.details)).to.contain('nowhere');
    expect(error.hint).to.be.a('string').and.not.contain('\n');
    const before = runs;
    expect(before).to.be.above(0);
    await rejectsWith('missing-tool', ensureFacts(options, signal));
    expect(runs).to.equal(before);
    const [memory = ''] = (await readdir(cache)).filter((name) => name.endsWith('.failed'));
    await utimes(join(cache, memory), 0, 0);
    await rejectsWith('missing-tool', ensureFacts(options, signal));
    expect(runs).to.be.above(before);
  });

  it('of an older Go serves where no newer one is to be had, and says so', async () => {
    await using cache = await tempFolder();
    const target = localWith({ GOPROXY: 'off', GOMODCACHE: moduleCache });
    const options = { goVersion: 'go1.99.1', cache: cache.path, sources: small, target };
    const built = await ensureFacts(options, signal);
    expect(built.newEnough).to.equal(false);
    expect(await ensureFacts({ ...options, install: false }, signal)).to.deep.equal(built);
  });

  it('is not built where nothing may be installed, and the hint is the command that builds it', async () => {
    await using cache = await tempFolder();
    const options = { goVersion: go.version, cache: cache.path, sources: small, install: false };
    const error = await rejectsWith('missing-tool', ensureFacts(options, signal));
    expect(error.hint).to.equal('npm run lab -- provision');
    expect(await readdir(cache.path)).to.deep.equal([]);
    await rejectsWith('missing-tool', ensureFacts({ ...options, sources: cache.path }, signal));
  });

  it('leaves nothing of an interrupted build in the cache', async () => {
    await using cache = await tempFolder();
    const abort = new AbortController();
    const options = { goVersion: go.version, cache: cache.path, sources: small };
    const emit = () => abort.abort();
    await rejectsWith('interrupted', ensureFacts({ ...options, emit }, abort.signal));
    expect(await readdir(cache.path)).to.deep.equal([]);
  });
});
