import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, utimes } from 'node:fs/promises';
import { expect } from 'chai';
import { removeLeftRooms, roomName } from '../../lab/capture/left-behind.js';
import { localTarget } from '../../lab/targets/local.js';
import { tempFolder } from '../temp-folder.js';

const { signal } = new AbortController();

describe('what a killed capture leaves', () => {
  it('is removed when its lab is gone, and never while that lives', async () => {
    await using folder = await tempFolder();
    const mine = await roomName('.capture', 1628);
    const [boot = ''] = mine.split('-').slice(-1);
    const child = spawn('true');
    await once(child, 'exit');
    const dead = `.capture-1628-${child.pid}-1-${boot}`;
    // The pid of this very process, but another one bore it.
    const earlier = `.landing-1628-${process.pid}-1-${boot}`;
    const names = [mine, dead, earlier, '.capture', 'core.1628', '.capture-my-own-notes'];
    for (const name of names) await mkdir(folder.file(name));
    await removeLeftRooms(localTarget(), folder.path, signal);
    expect(await readdir(folder.path)).to.have.members([
      mine,
      '.capture',
      'core.1628',
      '.capture-my-own-notes',
    ]);
  });

  it('is left alone for a day when nobody here can know of its lab', async () => {
    await using folder = await tempFolder();
    const [fresh, old, ancient] = [
      '.capture-7-99-5-0123456789ab',
      '.capture-7-98-5-0123456789ab',
      '.capture-7-97',
    ];
    for (const name of [fresh, old, ancient]) await mkdir(folder.file(name));
    const twoDaysAgo = Date.now() / 1_000 - 2 * 24 * 3_600;
    for (const name of [old, ancient]) await utimes(folder.file(name), twoDaysAgo, twoDaysAgo);
    await removeLeftRooms(localTarget(), folder.path, signal);
    expect(await readdir(folder.path)).to.deep.equal([fresh]);
  });

  it('is no trouble where there is no such folder', async () => {
    await removeLeftRooms(localTarget(), '/no/such/folder', signal);
  });
});
