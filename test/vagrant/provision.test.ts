import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { projectRoot } from '../../lab/paths.js';
import { windowOf } from '../../lab/toolchain/delve-choice.js';
import { parseGoVersion } from '../../lab/toolchain/versions.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';

const script = join(projectRoot, 'vagrant/provision.sh');
const pin = (text: string, name: string) => new RegExp(`^${name}=(\\S+)$`, 'm').exec(text)?.[1];
const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';

describe('the provisioning of the guest', () => {
  let folder: TempFolder;
  let text: string;
  beforeEach(async () => {
    folder = await tempFolder();
    text = await readFile(script, 'utf8');
    await mkdir(folder.file('prefix'));
  });
  afterEach(async () => await folder[Symbol.asyncDispose]());

  const installGo = (path: string) =>
    execa('sh', [path, 'go'], {
      reject: false,
      env: { LAB_GO_ARCHIVES: `file://${folder.path}`, LAB_PREFIX: folder.file('prefix') },
    });

  /** An archive in the form of Go's, with a Go that says its name. */
  async function archive(): Promise<{ readonly file: string; readonly sha256: string }> {
    const version = pin(text, 'GO_VERSION');
    await mkdir(folder.file('go/bin'), { recursive: true });
    await writeFile(folder.file('go/VERSION'), `go${version}\ntime 2026-01-01T00:00:00Z\n`);
    for (const name of ['go', 'gofmt']) {
      await writeFile(folder.file(`go/bin/${name}`), `#!/bin/sh\necho go version go${version}\n`);
      await chmod(folder.file(`go/bin/${name}`), 0o755);
    }
    const file = folder.file(`go${version}.linux-${architecture}.tar.gz`);
    await execa('tar', ['--create', '--gzip', '--file', file, '--directory', folder.path, 'go']);
    const { stdout } = await execa('sha256sum', [file]);
    return { file, sha256: stdout.slice(0, 64) };
  }

  it('pins a Go with a checksum for each architecture, and a Delve that reads its programs', () => {
    const sums = ['AMD64', 'ARM64'].map((name) => pin(text, `GO_SHA256_${name}`));
    for (const sum of sums) expect(sum).to.match(/^[0-9a-f]{64}$/);
    expect(new Set(sums).size).to.equal(2);
    const go = parseGoVersion(`go${pin(text, 'GO_VERSION')}`);
    const delve = /^1\.(\d+)\.\d+$/.exec(pin(text, 'DELVE_VERSION') ?? '');
    const window = windowOf({ minor: Number(delve?.[1]) });
    expect(go?.minor).to.be.within(window?.oldest ?? Number.NaN, window?.newest ?? Number.NaN);
  });

  it('refuses an archive that is not the pinned one, and leaves nothing of it', async () => {
    await archive();
    const { exitCode, stderr } = await installGo(script);
    expect({ exitCode, left: await readdir(folder.file('prefix')) }).to.deep.equal({
      exitCode: 69,
      left: [],
    });
    expect(stderr).to.match(/is not the one that is pinned\n-> /);
  });

  it('says what to do when the archive cannot be had', async () => {
    const { exitCode, stderr } = await installGo(script);
    expect({ exitCode, left: await readdir(folder.file('prefix')) }).to.deep.equal({
      exitCode: 69,
      left: [],
    });
    expect(stderr).to.match(/cannot be downloaded\n-> .*offline box/);
  });

  it('installs the pinned archive once: the second time there is nothing to do', async () => {
    const { sha256 } = await archive();
    const pinned = folder.file('provision.sh');
    await writeFile(pinned, text.replaceAll(/^(GO_SHA256_\w+)=.*$/gm, `$1=${sha256}`));
    const first = await installGo(pinned);
    expect(first.exitCode, first.stderr).to.equal(0);
    expect((await execa(folder.file('prefix/bin/go'), ['version'])).stdout).to.include(
      pin(text, 'GO_VERSION'),
    );
    const { ino } = await stat(folder.file('prefix/go'));
    const second = await installGo(pinned);
    expect({ code: second.exitCode, said: second.stdout }).to.deep.equal({ code: 0, said: '' });
    expect((await stat(folder.file('prefix/go'))).ino).to.equal(ino);
    expect(await readdir(folder.file('prefix'))).to.have.members(['go', 'bin']);
  });
});
