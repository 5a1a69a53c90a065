import { writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { LabError } from '../../../lab/errors.js';
import { boundTo } from '../../../lab/workshop/room/addresses.js';
import { openLimiter } from '../../../lab/workshop/room/limiter.js';
import { requireRoomFor, roomFor } from '../../../lab/workshop/room/machine.js';
import { classNames } from '../../../lab/workshop/room/names.js';
import { tempFolder } from '../../temp-folder.js';

async function refusal(act: () => unknown): Promise<LabError> {
  try {
    await act();
  } catch (error) {
    if (error instanceof LabError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

describe('what a class is made of', () => {
  it('takes names from a file and numbers the rest', async () => {
    await using folder = await tempFolder();
    const file = folder.file('names.txt');
    await writeFile(file, '\uFEFF# the class\r\nAda\r\n\r\nJörg\r\n');
    expect(await classNames(4, file)).to.deep.equal(['Ada', 'Jörg', 'learner-1', 'learner-2']);
    expect((await classNames(20))[0]).to.equal('learner-01');
    await writeFile(file, 'ada\nAda\n');
    expect((await refusal(() => classNames(5, file))).message).to.equal('the name Ada comes twice');
    await writeFile(file, 'ada\n../bob\n');
    expect((await refusal(() => classNames(5, file))).code).to.equal('usage');
    expect((await refusal(() => classNames(1, file))).hint).to.contain('--class 2');
    expect((await refusal(() => classNames(1, folder.file('none')))).code).to.equal('usage');
  });

  it('grants at once, then with time, each key for itself', () => {
    const limiter = openLimiter({ burst: 2, perSecond: 1 });
    expect([0, 0, 0].map((now) => limiter.take('a', now))).to.deep.equal([true, true, false]);
    expect(limiter.take('b', 0)).to.equal(true);
    expect([1_000, 1_000].map((now) => limiter.take('a', now))).to.deep.equal([true, false]);
    expect([60_000, 60_000, 60_000].map((now) => limiter.take('a', now))).to.deep.equal([true, true, false]);
  });

  it('says how many a machine has room for before it opens', async () => {
    const gb = 1e9;
    expect(roomFor({ disk: 50 * gb, memory: 16 * gb })).to.be.above(20);
    const { code, message, hint } = await refusal(() =>
      requireRoomFor(20, { disk: 3 * gb, memory: 16 * gb }, '/srv'),
    );
    expect(code).to.equal('no-space');
    expect(message).to.match(/a class of 20 needs .* of disk at \/srv, where 3 GB are free/);
    expect(hint).to.contain(`--class ${roomFor({ disk: 3 * gb, memory: 16 * gb })}`);
    expect(
      (await refusal(() => requireRoomFor(20, { disk: 50 * gb, memory: gb }, '/srv'))).message,
    ).to.contain('of memory');
  });

  it('knows where it can be asked, and by which names', async () => {
    const lan = {
      address: '192.0.2.7',
      netmask: '255.255.255.0',
      family: 'IPv4' as const,
      mac: '',
      internal: false,
      cidr: null,
    };
    const interfaces = { eth0: [lan] };
    expect(boundTo('127.0.0.1', interfaces)).to.include({ isLoopback: true });
    expect(boundTo('0.0.0.0', interfaces).names[0]).to.equal('192.0.2.7');
    expect(boundTo('192.0.2.7', interfaces)).to.include({ isLoopback: false, address: '192.0.2.7' });
    for (const address of ['192.0.2.8', 'localhost', '', '1']) {
      expect((await refusal(() => boundTo(address, interfaces))).hint, address).to.contain('192.0.2.7');
    }
  });
});
