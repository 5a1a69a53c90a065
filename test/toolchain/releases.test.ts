import { readdir } from 'node:fs/promises';
import { expect } from 'chai';
import { localTarget } from '../../lab/targets/local.js';
import { chooseDelveRelease, ensureDelveRelease } from '../../lab/toolchain/delve-release.js';
import type { ListedDelve } from '../../lab/toolchain/delve-version.js';
import { findGo, type GoTool } from '../../lab/toolchain/go.js';
import { chooseGoRelease, ensureGoRelease, newestRelease } from '../../lab/toolchain/go-release.js';
import { parseGoVersion } from '../../lab/toolchain/versions.js';
import { rejectsWith } from '../rejects.js';
import { tempFolder } from '../temp-folder.js';

const { signal } = new AbortController();

function go(version: string, path = `/go${version}/bin/go`): GoTool {
  const release = parseGoVersion(version);
  if (release === undefined) throw new Error(version);
  return { path, version, release };
}

describe('a Go of a certain version', () => {
  it('is one at hand: the very release, or the newest patch of a minor', () => {
    const atHand = [go('1.23.4'), go('1.23.12'), go('1.2.2'), go('1.26.8')];
    expect(chooseGoRelease('1.23', atHand)?.version).to.equal('1.23.12');
    expect(chooseGoRelease('1.23.4', atHand)?.version).to.equal('1.23.4');
    expect(chooseGoRelease('1.23.5', atHand)).to.equal(undefined);
    expect(chooseGoRelease('1.2', atHand)?.version).to.equal('1.2.2');
  });

  it('is else the newest patch that the module proxy lists for this machine', () => {
    const listed = ['1.23.9', '1.23.10', '1.23rc1', '1.24.0', '1.20', '1.20.14'].map(
      (text) => `v0.0.1-go${text}.linux-amd64`,
    );
    const versions = [...listed, 'v0.0.1-go1.23.11.linux-arm64', 'v0.0.1-go1.23.12.darwin-amd64'];
    expect(newestRelease('1.23', versions, 'linux-amd64')).to.equal('1.23.10');
    expect(newestRelease('1.20', versions, 'linux-amd64')).to.equal('1.20.14');
    expect(newestRelease('1.23.9', versions, 'linux-amd64')).to.equal('1.23.9');
    expect(newestRelease('1.23rc1', versions, 'linux-amd64')).to.equal('1.23rc1');
    expect(newestRelease('1.23.11', versions, 'linux-amd64')).to.equal(undefined);
    expect(newestRelease('1.23', versions, 'linux-arm64')).to.equal('1.23.11');
  });

  it('is no version that is too old, and no word', async () => {
    for (const wanted of ['1.18', '2.1', 'newest']) {
      await rejectsWith('usage', ensureGoRelease({ wanted }, signal));
    }
  });

  it('is missing without a network, with the command or the place to get it from', async function () {
    const target = localTarget();
    if ((await findGo(target, signal)) === undefined) this.skip();
    const offline = {
      ...target,
      exec: ((argv, options) =>
        target.exec(argv, { ...options, env: { ...options.env, GOPROXY: 'off' } })) as typeof target.exec,
    };
    await using cache = await tempFolder();
    const asked = ensureGoRelease({ wanted: '1.98.7', target: offline, cache: cache.path }, signal);
    const error = await rejectsWith('missing-tool', asked);
    expect(error.message).to.contain('Go 1.98.7 is not available');
    expect(error.hint).to.match(/apt-get install|go\.dev\/dl/);
    expect((await readdir(cache.path)).filter((name) => name.includes('toolchain'))).to.deep.equal([]);
  });
});

describe('a Delve of a certain version', () => {
  const delve = (version: string, builder: string): ListedDelve => ({
    path: `/dlv${version}`,
    version,
    release: { text: version, minor: Number(version.split('.')[1]), patch: Number(version.split('.')[2]) },
    builtWith: parseGoVersion(`go${builder}`),
  });

  it('is rather one that reads all the programs, then the newest, then that of the newest Go', () => {
    const [old, able] = [delve('1.25.3', '1.24.1'), delve('1.25.2', '1.25.1')];
    const readsAll = ({ builtWith }: ListedDelve): boolean => (builtWith?.minor ?? 0) >= 25;
    expect(chooseDelveRelease('1.25', [old, able], readsAll)).to.equal(able);
    expect(chooseDelveRelease('1.25', [able, old], () => true)).to.equal(old);
    expect(chooseDelveRelease('1.25.2', [old, able], readsAll)).to.equal(able);
    expect(chooseDelveRelease('1.2', [old, able], readsAll)).to.equal(undefined);
  });

  it('is no version that the lab does not work with', async () => {
    for (const wanted of ['1.9', '1.19.1', 'x']) {
      await rejectsWith('usage', ensureDelveRelease({ wanted, programs: [], builders: [] }, signal));
    }
  });
});
