import { access, mkdir, symlink, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import type { LabEvent } from '../../lab/events.js';
import { localTarget } from '../../lab/targets/local.js';
import type { Target } from '../../lab/targets/target.js';
import { ensureDelve, findDelve } from '../../lab/toolchain/delve.js';
import { chooseDelve } from '../../lab/toolchain/delve-choice.js';
import { describeDelve, describeDelveHere } from '../../lab/toolchain/delve-version.js';
import { findGo, requireGo } from '../../lab/toolchain/go.js';
import { findGdb, locate, locateHere } from '../../lab/toolchain/locate.js';
import { requireGdb } from '../../lab/toolchain/prepare.js';
import { rejectsWith } from '../rejects.js';
import { tempFolder } from '../temp-folder.js';

const { signal } = new AbortController();

/** This machine with another environment. */
function localWith(env: Readonly<Record<string, string>>): Target {
  const target = localTarget();
  return {
    ...target,
    exec: (argv, options) => target.exec(argv, { ...options, env: { ...env, ...options.env } }),
  };
}

describe('the toolchain of this machine', () => {
  it("finds Debian's Go with Debian's Delve, which fits it", async function () {
    const target = localWith({ PATH: '/usr/bin:/bin' });
    for (const path of ['/usr/bin/go', '/usr/bin/dlv']) {
      await access(path).catch(() => this.skip());
    }
    const go = await findGo(target, signal);
    expect(go?.path).to.equal('/usr/bin/go');
    await using cache = await tempFolder();
    const options = { goVersion: go?.version ?? '', install: false, target, cache: cache.path };
    const delve = await findDelve(options, signal);
    expect(delve?.path).to.equal('/usr/bin/dlv');
    if (go?.release.minor === 19) expect(delve?.version).to.equal('1.20.2');
  });

  it('finds on its own PATH what a shell finds there, and reads from a Delve what it says of itself', async function () {
    const paths = await locateHere('dlv');
    expect(paths).to.deep.equal(await locate(localTarget(), 'dlv', [], signal));
    if (paths.length === 0) this.skip();
    for (const path of paths) {
      const said = await describeDelve(path, localTarget(), signal);
      expect(await describeDelveHere(path, signal)).to.deep.equal(said);
    }
  });

  it('asks a script that starts Delve', async function () {
    const [path] = await locateHere('dlv');
    if (path === undefined) this.skip();
    await using folder = await tempFolder();
    await writeFile(folder.file('dlv'), `#!/bin/sh\nexec '${path}' "$@"\n`, { mode: 0o755 });
    const [said] = await describeDelve(path, localTarget(), signal);
    const [seen] = await describeDelveHere(folder.file('dlv'), signal);
    expect(seen?.version).to.equal(said?.version);
  });

  it('builds the Delve that fits into the cache, and finds it there the next time', async function () {
    this.timeout(300_000);
    const go = await requireGo(localTarget(), signal);
    const { stdout } = await localTarget().exec([go.path, 'env', 'GOMODCACHE'], { signal });
    // No Delve is in sight: PATH holds nothing but Go, and no other place of Go's programs has one.
    await using home = await tempFolder();
    await mkdir(home.file('bin'));
    await symlink(go.path, home.file('bin/go'));
    const target = localWith({
      PATH: home.file('bin'),
      GOBIN: home.file('none'),
      GOPATH: home.file('none'),
      GOMODCACHE: stdout.trim(),
    });
    const events: LabEvent[] = [];
    const options = { goVersion: go.version, install: true, target, cache: home.file('a cache') };
    const built = await ensureDelve({ ...options, emit: (event) => events.push(event) }, signal);
    const [choice] = chooseDelve(go.release, go.release);
    expect(built.version).to.equal(choice?.version);
    expect(built.path).to.match(/\/a cache\/delve-[^/]+\/bin\/dlv$/);
    expect(events.map(({ type }) => type)).to.deep.equal(['note']);
    expect(await ensureDelve({ ...options, install: false }, signal)).to.deep.equal(built);
  });

  it('names the command when there is no Delve and none may be built', async () => {
    await using empty = await tempFolder();
    const target = localWith({ GOBIN: empty.path });
    const options = { goVersion: 'go1.22.5', install: false, target, cache: empty.path };
    if ((await findDelve(options, signal)) !== undefined) return;
    const error = await rejectsWith('missing-tool', ensureDelve(options, signal));
    expect(error.exitCode).to.equal(69);
    expect(error.hint).to.match(/go install github\.com\/go-delve\/delve\/cmd\/dlv@v1\.|Go 1\.21 or newer/);
  });

  it('says what a program of an unknown Go needs', async () => {
    const error = await rejectsWith(
      'missing-tool',
      ensureDelve({ goVersion: '1.99', install: true }, signal),
    );
    expect(error.hint).to.include('go1.99');
    await rejectsWith('usage', ensureDelve({ goVersion: 'devel', install: false }, signal));
  });

  it('names the command that installs gdb when it is missing', async () => {
    await using empty = await tempFolder();
    const target = localWith({ PATH: empty.path });
    expect(await findGdb(target, signal)).to.equal(undefined);
    const error = await rejectsWith('missing-tool', requireGdb(target, signal));
    expect(error.exitCode).to.equal(69);
    expect(error.hint).to.include('gdb');
  });
});
