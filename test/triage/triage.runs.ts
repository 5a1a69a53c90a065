import { cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { poll } from '../../lab/deadline.js';
import { projectRoot } from '../../lab/paths.js';
import { triageSchema } from '../../lab/triage/group.js';
import { lab, startLab } from '../lab-process.js';
import { tempFolder } from '../temp-folder.js';

const dumps = join(projectRoot, 'test/fixtures/dumps');
const { signal } = new AbortController();

/** Real dumps of several Gos, what is no dump, what is damaged, and a diagnosis as a run leaves it. */
async function folderOf(path: string): Promise<void> {
  for (const version of ['go1.19', 'go1.26']) {
    await mkdir(join(path, version), { recursive: true });
    for (const name of (await readdir(join(dumps, version))).slice(0, 12))
      await cp(join(dumps, version, name), join(path, version, name), { preserveTimestamps: true });
  }
  await writeFile(join(path, 'notes.md'), '# nothing\n');
  await writeFile(join(path, 'cut.gz'), Buffer.from('1f8b0800000000000003ffffffffffff', 'hex'));
  await mkdir(join(path, 'run'));
  await cp(join(projectRoot, 'test/fixtures/report/blog/diagnosis.json'), join(path, 'run/diagnosis.json'), {
    preserveTimestamps: true,
  });
}

describe('lab triage, as it is typed', function () {
  this.timeout(300_000);

  it('sorts a folder, and four parts of it, put together, are the same bytes', async () => {
    await using folder = await tempFolder();
    const inputs = folder.file('inputs');
    await mkdir(inputs);
    await folderOf(inputs);
    const args = ['triage', inputs, '--no-source', '--json', '--quiet'];
    const whole = await lab([...args, '--state', folder.file('whole')]);
    expect(whole.exitCode).to.equal(1);
    const { counts, groups, items } = triageSchema.parse(JSON.parse(whole.stdout));
    expect(counts.inputs).to.equal(items.length).and.to.be.above(20);
    expect(counts.skipped).to.be.above(0);
    expect(
      groups.some(({ fingerprint, kinds }) => fingerprint.startsWith('cause-') && kinds.diagnosis === 1),
    ).to.equal(true);
    const files: string[] = [];
    const shards = [1, 2, 3, 4].map(async (index) => {
      const file = folder.file(`part-${index}.json`);
      files.push(file);
      const part = await lab([...args, '--shard', `${index}/4`, '--state', folder.file(`state-${index}`)]);
      await writeFile(file, part.stdout);
    });
    await Promise.all(shards);
    const merged = await lab([
      'triage',
      '--merge',
      ...files,
      '--json',
      '--quiet',
      '--state',
      folder.file('merged'),
    ]);
    expect(merged.stdout).to.equal(whole.stdout);
    const missing = await lab(['triage', '--merge', ...files.slice(1), '--json', '--quiet']);
    expect(missing.exitCode).to.equal(64);
  });

  it('goes on where it was killed, again and again, with the same result', async () => {
    await using folder = await tempFolder();
    const inputs = folder.file('inputs');
    await mkdir(inputs);
    await folderOf(inputs);
    const args = ['triage', inputs, '--no-source', '--json', '--quiet', '--state'];
    const whole = await lab([...args, folder.file('whole')]);
    const journal = folder.file('killed/items/items.jsonl');
    const lines = async (): Promise<number> => {
      const { stdout } = await execa('grep', ['-c', '', journal], { reject: false });
      return Number(stdout || 0);
    };
    for (let kill = 0; kill < 10; kill += 1) {
      const before = await lines();
      const running = startLab([...args, folder.file('killed')]);
      const more = await poll(async () => ((await lines()) >= before + 2 ? true : undefined), {
        ...{ signal, deadlineMs: 60_000, everyMs: 20 },
      });
      expect(more, 'inputs that ended').to.equal(true);
      running.kill('SIGKILL');
      await running.ended;
    }
    const known = await lines();
    const last = await lab([...args, folder.file('killed')]);
    expect(last.stdout).to.equal(whole.stdout);
    const { counts } = triageSchema.parse(JSON.parse(last.stdout));
    expect(known).to.be.within(20, counts.inputs);
  });
});
