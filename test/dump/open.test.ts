import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { execa } from 'execa';
import { openDump, readDumps, writeProfile } from '../../lab/dump/index.js';
import { localTarget } from '../../lab/targets/local.js';
import { requireGo } from '../../lab/toolchain/go.js';
import { rejectsWith } from '../rejects.js';
import { tempFolder } from '../temp-folder.js';
import { keptDumps, plain, readBytes } from './kept-dumps.js';

const { signal } = new AbortController();
const read = (where: string) => readDumps(openDump(where, signal), { signal });
const [kept] = keptDumps.filter(({ name }) => name === 'go1.26/debug2');
const text = kept?.bytes ?? Buffer.alloc(0);

describe('a dump that is opened', () => {
  it('comes from a file, packed or not, and from a server', async () => {
    await using folder = await tempFolder();
    const whole = plain(await readBytes(text));
    await writeFile(folder.file('plain.txt'), text);
    await writeFile(folder.file('packed.gz'), gzipSync(text));
    expect(plain(await read(folder.file('plain.txt')))).to.deep.equal(whole);
    expect(plain(await read(folder.file('packed.gz')))).to.deep.equal(whole);
    const server = createServer((request, response) => {
      if (request.url === '/moved') response.writeHead(302, { location: '/dump' }).end();
      else if (request.url === '/dump') response.end(text);
      else response.writeHead(404).end('no such page\n');
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      expect(plain(await read(`${address}/dump`))).to.deep.equal(whole);
      expect(plain(await read(`${address}/moved`))).to.deep.equal(whole);
      const missing = await rejectsWith('target', read(`${address}/other`));
      expect(missing.message).to.match(/answered 404: no such page$/);
      const without = await rejectsWith('target', read(`${address}/debug/pprof/goroutineleak?debug=2`));
      expect(without.hint).to.match(/built without it: .*GOEXPERIMENT=goroutineleakprofile$/);
    } finally {
      server.close();
      server.closeAllConnections();
    }
    const refused = await rejectsWith('target', read(`${address}/dump`));
    expect(refused.message).to.match(/^nothing listens at /);
  });

  it('is refused with what it seems to be', async () => {
    await using folder = await tempFolder();
    const file = folder.file('input');
    const seems = async (bytes: string | Buffer) => {
      await writeFile(file, bytes);
      return (await rejectsWith('usage', read(file))).message;
    };
    expect(await seems('')).to.match(/it is empty$/);
    expect(await seems('<!DOCTYPE html><html></html>\n')).to.match(/it is an HTML page$/);
    expect(await seems('Full thread dump OpenJDK 64-Bit\n')).to.match(/of a Java program$/);
    expect(await seems(Buffer.from('7f454c46020101000000000000000000040000', 'hex'))).to.match(
      /it is a core file$/,
    );
    expect(await seems('hello\n')).to.match(/^there is no goroutine dump in this text/);
    await rejectsWith('usage', read(folder.file('nowhere')));
    await rejectsWith('usage', read(folder.path));
  });

  it('is written as a profile that go tool pprof reads', async () => {
    await using folder = await tempFolder();
    const [dump] = await readBytes(text);
    if (dump === undefined) throw new Error('no dump');
    const file = folder.file('profile.pb.gz');
    await writeFile(file, writeProfile(dump.stacks));
    const go = await requireGo(localTarget(), signal);
    const pprof = async (how: string) => (await execa(go.path, ['tool', 'pprof', how, file])).stdout;
    expect(await pprof('-top')).to.match(/^ +4 +\S+% +\S+% +4 +\S+% +main\.start\.func1$/m);
    expect(await pprof('-traces')).to.match(
      /^ +3 +internal\/sync\.runtime_SemacquireMutex\n(?:.*\n){3} +main\.\(\*desk\)\.lock$/m,
    );
    const again = (await read(file))[0];
    expect(again?.goroutines).to.equal(dump.goroutines);
    expect(again?.stacks.map(({ frames }) => frames.map((frame) => frame.function))).to.deep.equal(
      dump.stacks.map(({ frames }) => frames.map((frame) => frame.function)),
    );
  });
});
