import { spawn } from 'node:child_process';
import { readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { identityOf } from '../../../lab/targets/process-identity.js';
import { takeLock } from '../../../lab/targets/vagrant/lab-lock.js';
import { rejectsWith } from '../../rejects.js';
import { tempFolder } from '../../temp-folder.js';

const { signal } = new AbortController();

describe("the lab's lock of a machine", () => {
  it('is held by one, whose pid the other is told, and free again afterwards', async () => {
    await using folder = await tempFolder();
    const path = folder.file('deep/lab.lock');
    const first = await takeLock(path, 'server-test-1', signal);
    const error = await rejectsWith('target', takeLock(path, 'server-test-1', signal));
    expect(error.message).to.contain('server-test-1').and.to.contain(`process ${process.pid}`);
    expect(error.hint).to.contain(`kill -INT ${process.pid}`);
    await first[Symbol.asyncDispose]();
    for (let turn = 0; turn < 5; turn++) await (await takeLock(path, 'm', signal))[Symbol.asyncDispose]();
    expect((await readdir(folder.file('deep'))).length).to.equal(1);
  });

  it('is taken over from a process that is gone, and from one whose pid another has', async () => {
    await using folder = await tempFolder();
    const path = folder.file('lab.lock');
    const child = spawn('true', { stdio: 'ignore' });
    await new Promise((resolve) => child.once('exit', resolve));
    const held = await takeLock(path, 'm', signal);
    const own = await readFile(`${path}.1`, 'utf8');
    await held[Symbol.asyncDispose]();
    const ticks = (await identityOf(process.pid))?.startTicks ?? 0;
    const dead = [
      own.replace(`${process.pid}`, `${child.pid}`),
      own.replace(`${ticks}`, `${ticks + 7}`),
      '{"half',
    ];
    for (const [index, text] of dead.entries()) {
      await writeFile(`${path}.${100 * (index + 1)}`, text);
      await (await takeLock(path, 'm', signal))[Symbol.asyncDispose]();
    }
    await writeFile(`${path}.900`, own);
    await rejectsWith('target', takeLock(path, 'm', signal));
  });

  it('of another name space of pids is alive for as long as it is touched', async () => {
    await using folder = await tempFolder();
    const path = folder.file('lab.lock');
    await writeFile(`${path}.1`, '{"pid":1,"startTicks":7,"pids":"pid:[1]"}');
    await rejectsWith('target', takeLock(path, 'm', signal));
    const then = new Date(Date.now() - 120_000);
    await utimes(`${path}.1`, then, then);
    await using _ = await takeLock(path, 'm', signal);
  });

  it('is taken over by one only, however many want it', async () => {
    await using folder = await tempFolder();
    const path = folder.file('lab.lock');
    const dead = '{"pid":999999999,"startTicks":7,"pids":""}';
    for (let round = 0; round < 50; round++) {
      const newest = (await readdir(folder.path)).map((name) => Number(name.split('.').at(-1)));
      const stale = `${path}.${Math.max(0, ...newest) + 1}`;
      await writeFile(stale, dead);
      await utimes(stale, new Date(0), new Date(0));
      const all = await Promise.allSettled(Array.from({ length: 8 }, () => takeLock(path, 'm', signal)));
      const winners = all.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
      expect(winners.length).to.equal(1);
      await winners[0]?.[Symbol.asyncDispose]();
    }
  });

  it('is held by one at a time when many take turns as fast as they can', async () => {
    await using folder = await tempFolder();
    const path = folder.file('lab.lock');
    let inside = 0;
    let turns = 0;
    const worker = async (): Promise<void> => {
      while (turns < 100) {
        const lock = await takeLock(path, 'm', signal).catch(() => undefined);
        if (lock === undefined) continue;
        inside += 1;
        turns += 1;
        expect(inside).to.equal(1);
        await readdir(folder.path);
        inside -= 1;
        await lock[Symbol.asyncDispose]();
      }
    };
    await Promise.all(Array.from({ length: 6 }, worker));
  });
});
