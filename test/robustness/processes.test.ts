import { existsSync } from 'node:fs';
import { access, mkdir, readFile, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { execa } from 'execa';
import { poll } from '../../lab/deadline.js';
import { localTarget } from '../../lab/targets/local.js';
import { goBuild } from '../go-build.js';
import { hasGcc } from '../go-build-env.js';
import { goTools } from '../hung-program.js';
import { lab } from '../lab-process.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';
import { expectRow } from './expect-row.js';
import { labCommand, shell } from './shell.js';

const { signal } = new AbortController();
const library = `package main

import "C"

//export Hold
func Hold() { <-make(chan int) }

func main() {}
`;
const host = `void Hold(void);
int main(void) { Hold(); return 0; }
`;

describe('the pid of', function () {
  this.timeout(120_000);
  let folder: TempFolder;
  const capture = (pid: string | number) => lab(['capture', '--pid', `${pid}`, '-o', folder.file('made')]);

  before(async () => {
    folder = await tempFolder();
  });
  afterEach(() => {
    expect(existsSync(folder.file('made'))).to.equal(false);
  });
  after(() => folder[Symbol.asyncDispose]());

  it('a process is typed in digits', async () => {
    for (const pid of ['0x10', '1e3', ' 12', '', '-5', '１']) expectRow('pid-notation', await capture(pid));
  });

  it('and every other number too', async () => {
    for (const words of ['--port 0x10', '--size 1e5', '--stage-timeout ""', '--load-timeout Infinity'])
      expectRow('number-notation', await shell(`${labCommand} run stampede ${words}`));
  });

  it('nobody', async () => {
    expectRow('pid-none', await capture(99999999999));
  });

  it('a thread of the kernel', async function () {
    const name = await readFile('/proc/2/comm', 'utf8').catch(() => '');
    if (name.trim() !== 'kthreadd') return this.skip();
    expectRow('pid-kernel-thread', await capture(2));
  });

  it('a program that is not Go', async () => {
    await using sleep = await localTarget().start(['sleep', '600'], { signal, logFile: folder.file('log') });
    expectRow('pid-not-go', await capture(sleep.identity.pid));
  });

  it('a process that has ended', async () => {
    const parent = execa('bash', ['-c', 'exec 3<&0; (read -u 3 _) & echo $!; exec sleep 600'], {
      reject: false,
    });
    try {
      let said = '';
      parent.stdout.on('data', (chunk: Buffer) => {
        said += chunk.toString();
      });
      const when = async (file: () => string, text: string) => {
        const seen = async () => (await readFile(file(), 'utf8').catch(() => '')).includes(text) || undefined;
        expect(await poll(seen, { signal, deadlineMs: 10_000, everyMs: 5 })).to.equal(true);
      };
      // The child must not end before its parent is one that never waits.
      await when(() => `/proc/${parent.pid}/comm`, 'sleep');
      parent.stdin.write('\n');
      await when(() => `/proc/${said.trim()}/stat`, ') Z ');
      expectRow('pid-ended', await capture(said.trim()));
    } finally {
      parent.kill('SIGKILL');
      await parent;
    }
  });

  it('a C program with a Go library', async function () {
    const [go] = await goTools(signal);
    if (go === undefined || !hasGcc) return this.skip();
    const module = folder.file('module');
    await mkdir(module);
    await writeFile(`${module}/go.mod`, 'module example.com/lib\n\ngo 1.19\n');
    await writeFile(`${module}/lib.go`, library);
    await writeFile(folder.file('host.c'), host);
    const build = { go: go.path, module, exe: folder.file('libgo.so'), flags: ['-buildmode=c-shared'] };
    await goBuild({ ...build, env: { CGO_ENABLED: '1' } });
    const link = ['-o', folder.file('host'), folder.file('host.c'), folder.file('libgo.so')];
    await execa('gcc', [...link, `-Wl,-rpath,${folder.path}`]);
    await using program = await localTarget().start([folder.file('host')], {
      signal,
      logFile: folder.file('log2'),
    });
    const loaded = async () =>
      (await readFile(`/proc/${program.identity.pid}/maps`, 'utf8')).includes('libgo.so') || undefined;
    expect(await poll(loaded, { signal, deadlineMs: 10_000, everyMs: 5 })).to.equal(true);
    expectRow('pid-go-library', await capture(program.identity.pid));
    await program.kill('SIGKILL');
  });

  it('another user', async function () {
    const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
    if (process.getuid?.() !== 0 || (await execa('setpriv', ['--version'], { reject: false })).failed)
      return this.skip();
    await using sleep = await localTarget().start(['sleep', '600'], { signal, logFile: folder.file('log3') });
    const made = `/tmp/lab-test-nobody-${process.pid}`;
    const words = `capture --pid ${sleep.identity.pid} -o ${made}`;
    expectRow('pid-of-another-user', await shell(`${nobody.join(' ')} ${labCommand} ${words}`));
    expect(existsSync(made)).to.equal(false);
  });

  it('a process that root may not read', async function () {
    const readable = await access('/proc/1/exe').then(
      () => true,
      () => false,
    );
    if (process.getuid?.() !== 0 || readable) return this.skip();
    expectRow('pid-beyond-root', await capture(1));
  });
});
