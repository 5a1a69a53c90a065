import { writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { identityOf } from '../../../lab/targets/process-identity.js';
import { openHistory } from '../../../lab/workshop/monitor/history.js';
import { type TempFolder, tempFolder } from '../../temp-folder.js';

describe('the history of a server that is watched', () => {
  let folder: TempFolder;
  beforeEach(async () => {
    folder = await tempFolder();
  });
  afterEach(async () => {
    await folder[Symbol.asyncDispose]();
  });

  const me = async () => {
    const identity = await identityOf(process.pid);
    if (identity === undefined) throw new Error('this process is not in /proc');
    return { ...identity, lesson: '01-article' };
  };

  it('stays small over hours, and keeps what was not answered longer than what was', async () => {
    const history = await openHistory(folder.file('live.json'));
    history.begin(await me());
    for (let at = 0; at < 20_000; at++) {
      history.add({ type: 'probe', at, kind: at === 5_000 ? 'timed-out' : 'answered', ms: 3 });
      history.add({ type: 'goroutines', at, count: at });
    }
    const { measured } = history;
    expect(measured.length).to.be.below(2_000);
    expect(measured[0]?.at).to.be.below(1_000);
    expect(measured.at(-1)?.at).to.equal(19_999);
    expect(measured.filter((one) => one.type === 'probe' && one.kind === 'timed-out')).to.have.length(1);
    // A page's connection buffers as much.
    expect(JSON.stringify(history.told()).length).to.be.below(256 * 1024);
  });

  it('goes on after a restart while the server is the same, and else begins anew', async () => {
    const file = folder.file('live.json');
    const history = await openHistory(file);
    const server = await me();
    history.begin(server);
    history.add({ type: 'mark', at: 1, kind: 'silent', text: 'the server stops answering' });
    await history.save();
    expect(await openHistory(file)).to.deep.include({ server, measured: history.measured });

    history.begin({ ...server, startTicks: server.startTicks - 1 });
    await history.save();
    expect((await openHistory(file)).measured).to.deep.equal([]);
    await writeFile(file, '{"schema":"lab.workshop-live/0"}');
    expect((await openHistory(file)).server).to.equal(undefined);
  });
});
