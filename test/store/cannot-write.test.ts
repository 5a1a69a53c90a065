import { mkdir, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { execa } from 'execa';
import { writing } from '../../lab/store/cannot-write.js';
import { writeMembers } from '../../lab/store/members.js';
import { rejectsWith } from '../rejects.js';
import { tempFolder } from '../temp-folder.js';

describe('a file that cannot be written', () => {
  it('is a usage error where no such file can be', async () => {
    await using folder = await tempFolder();
    await writeFile(folder.file('file'), '');
    const paths = ['/proc/members.jsonl', folder.path, folder.file('none/x'), folder.file('file/x')];
    for (const file of [...paths, folder.file('x'.repeat(300))]) {
      const error = await rejectsWith('usage', writing('the report', file, writeFile(file, 'x')));
      expect(error.message).to.contain(`the report cannot be written to ${file}`);
      expect(error.hint).to.equal('choose another file');
    }
    const file = '/proc/members.jsonl';
    await rejectsWith('usage', writing('the list', file, writeMembers(file, [])));
  });

  it('is a matter of the machine where the disk is full or may only be read', async function () {
    await using folder = await tempFolder();
    const disk = folder.file('disk');
    await mkdir(disk);
    const mounted = await execa('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', disk], { reject: false });
    if (mounted.exitCode !== 0) return this.skip();
    try {
      const write = (name: string) =>
        writing('the report', name, writeFile(`${disk}/${name}`, 'x'.repeat(1e5)));
      expect((await rejectsWith('no-space', write('a'))).exitCode).to.equal(69);
      await execa('mount', ['-o', 'remount,ro', disk]);
      expect((await rejectsWith('missing-permission', write('b'))).exitCode).to.equal(69);
    } finally {
      await execa('umount', [disk]);
    }
  });

  it('leaves other errors as they are', async () => {
    const error = new TypeError('what');
    expect(await writing('it', 'x', Promise.reject(error)).catch((seen: unknown) => seen)).to.equal(error);
  });
});
