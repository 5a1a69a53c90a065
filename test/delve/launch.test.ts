import { chmod, readdir, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { launchDelveCore } from '../../lab/delve/launch.js';
import { rejectsWith } from '../rejects.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';

const signal = new AbortController().signal;

/** A program in Delve's place: `serve(socket, n)` sees the n-th connection, counted from 0. */
async function standIn(folder: TempFolder, serve: string): Promise<string> {
  const path = folder.file('dlv');
  await writeFile(
    path,
    `#!${process.execPath}
const { createServer } = require('node:net');
let count = 0;
const serve = ${serve};
const server = createServer((socket) => { socket.on('error', () => {}); serve(socket, count++); });
server.listen(0, '127.0.0.1', () => console.log('API server listening at: 127.0.0.1:' + server.address().port));
`,
  );
  await chmod(path, 0o700);
  return path;
}

const answering = `socket.on('data', (data) => {
  const { id } = JSON.parse(data);
  socket.write(JSON.stringify({ id, result: { DelveVersion: 'a stand-in', APIVersion: 2 }, error: null }));
})`;

describe('the launch of Delve', () => {
  it('connects again when Delve does not recognise its own user among thousands of connections', async () => {
    await using folder = await tempFolder();
    const dlv = await standIn(
      folder,
      `(socket, n) => {
        if (n > 1) return ${answering};
        console.error('cannot check remote address: connection not found in /proc/net/tcp');
        socket.resetAndDestroy();
      }`,
    );
    const logFile = folder.file('delve.log');
    await using session = await launchDelveCore(
      { dlv, exe: 'e', core: 'c', startTimeoutMs: 10_000, logFile },
      signal,
    );
    expect(session.version.DelveVersion).to.equal('a stand-in');
    expect(session.argv).to.include.members(['core', 'e', 'c', '--headless', '--listen=127.0.0.1:0']);
  });

  it('does not try again when the connection breaks for another reason', async () => {
    await using folder = await tempFolder();
    // Not before it was asked: the connection itself would fail then.
    const dlv = await standIn(folder, "(socket) => socket.once('data', () => socket.resetAndDestroy())");
    const options = { dlv, exe: 'e', core: 'c', startTimeoutMs: 10_000 };
    const error = await rejectsWith('undecided', launchDelveCore(options, signal));
    expect(error.message).to.match(/during GetVersion/);
  });

  it('is undecided when Delve ends with a message that nobody knows, and repeats its last line', async () => {
    await using folder = await tempFolder();
    const dlv = await standIn(
      folder,
      `() => { console.error('first\\nthe moon is full'); process.exit(3); }`,
    );
    const options = { dlv, exe: 'e', core: 'c', startTimeoutMs: 10_000 };
    const error = await rejectsWith('undecided', launchDelveCore(options, signal));
    expect(error.message).to.match(/exit code 3 .*: the moon is full$/);
    expect(await readdir(folder.path)).to.deep.equal(['dlv']);
  });

  it('gives up on a Delve that listens and never answers', async () => {
    await using folder = await tempFolder();
    const dlv = await standIn(folder, '() => {}');
    const options = { dlv, exe: 'e', core: 'c', startTimeoutMs: 400 };
    const error = await rejectsWith('undecided', launchDelveCore(options, signal));
    expect(error.message).to.equal('Delve had not opened c after 0.4 s');
  });
});
