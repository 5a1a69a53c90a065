import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { ageOut, episodesIn, removeUnconfirmed } from '../../lab/watch/folder.js';
import { takeTurn } from '../../lab/watch/one-at-a-time.js';
import { counted } from '../../lab/watch/service-look.js';
import { lab } from '../lab-process.js';
import { tempFolder } from '../temp-folder.js';

const day = 24 * 3_600_000;
const now = Date.parse('2026-11-30T00:00:00Z');

async function hang(folder: string, daysAgo: number, bytes = 100_000): Promise<string> {
  const at = new Date(now - daysAgo * day).toISOString();
  const dir = join(folder, `${at.slice(0, 19).replaceAll(':', '')}-17`);
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, 'core.17'), Buffer.alloc(bytes, 1));
  await writeFile(join(dir, 'server'), Buffer.alloc(bytes, 1));
  await writeFile(join(dir, 'diagnosis.json'), '{}');
  const episode = { schema: 'lab.episode/1', service: 'shop', pid: 17, at, why: 'no answer' };
  await writeFile(join(dir, 'episode.json'), JSON.stringify(episode));
  return dir;
}

const keep = { coresMs: 7 * day, diagnosesMs: 90 * day, bytes: 1e9 };

describe('the hangs that a watch keeps', () => {
  it('lose their cores first, and their diagnoses much later', async () => {
    await using folder = await tempFolder();
    const [old, older, fresh] = [
      await hang(folder.path, 8),
      await hang(folder.path, 91),
      await hang(folder.path, 1),
    ];
    const { files, episodes } = await ageOut(folder.path, keep, now);
    expect(files).to.have.members([join(old, 'core.17'), join(old, 'server')]);
    expect(episodes).to.deep.equal([older]);
    const left = (await episodesIn(folder.path)).map(({ dir, heavy }) => [dir, heavy.length]);
    expect(left).to.deep.equal([
      [old, 0],
      [fresh, 2],
    ]);
    expect(existsSync(join(old, 'diagnosis.json'))).to.equal(true);
  });

  it('keep to their room: the oldest cores go', async () => {
    await using folder = await tempFolder();
    const dirs = [await hang(folder.path, 3), await hang(folder.path, 2), await hang(folder.path, 1)];
    await ageOut(folder.path, { ...keep, bytes: 450_000 }, now);
    const left = dirs.map((dir) => existsSync(join(dir, 'core.17')));
    expect(left).to.deep.equal([false, true, true]);
    expect(dirs.every((dir) => existsSync(join(dir, 'diagnosis.json')))).to.equal(true);
  });

  it('are no folders that a killed watch left before it was sure', async () => {
    await using folder = await tempFolder();
    const whole = await hang(folder.path, 1);
    await mkdir(folder.file('2026-11-29T101112-18'));
    await mkdir(folder.file('mine'));
    await removeUnconfirmed(folder.path);
    expect([
      existsSync(whole),
      existsSync(folder.file('2026-11-29T101112-18')),
      existsSync(folder.file('mine')),
    ]).to.deep.equal([true, false, true]);
  });

  it('are cleaned by `lab clean --watch`, which touches nothing else', async function () {
    this.timeout(60_000);
    await using folder = await tempFolder();
    const runs = folder.file('runs');
    const old = await hang(join(runs, 'watch/shop'), 30_000);
    const run = join(runs, '2026-11-30T000000-blog');
    await mkdir(run);
    const asked = await lab(['clean', '--watch', '--json'], { LAB_RUNS: runs });
    expect(asked.exitCode).to.equal(64);
    expect(existsSync(old)).to.equal(true);
    const { exitCode, stdout } = await lab(['clean', '--watch', '--yes', '--json'], { LAB_RUNS: runs });
    expect(exitCode).to.equal(0);
    expect(JSON.parse(stdout)).to.deep.include({ episodes: [old] });
    expect([existsSync(old), existsSync(run)]).to.deep.equal([false, true]);
  });
});

describe('the turn to take a core on a host', () => {
  it('is given to one at a time, and lost by one that was killed', async () => {
    await using folder = await tempFolder();
    const file = folder.file('lock');
    {
      await using first = await takeTurn('capture', file);
      expect(first).not.to.equal(undefined);
      expect(await takeTurn('capture', file)).to.equal(undefined);
    }
    await using next = await takeTurn('capture', file);
    expect(next).not.to.equal(undefined);
    await writeFile(file, JSON.stringify({ pid: process.pid, startTicks: 1 }));
    await using after = await takeTurn('capture', file);
    expect(after).not.to.equal(undefined);
  });
});

describe("a service's counter", () => {
  it('is the sum of all lines that match, comments left out', () => {
    const text =
      '# HELP jobs_done_total of jobs_done_total 9\njobs_done_total{kind="a"} 4\njobs_done_total{kind="b"} 1.5e1\nother 7\n';
    expect(counted(text, /^jobs_done_total/)).to.equal(19);
    expect(counted(text, /kind="a"\} (\d+)/)).to.equal(4);
    expect(counted(text, /^nothing/)).to.equal(undefined);
  });
});
