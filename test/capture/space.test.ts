import { join } from 'node:path';
import { expect } from 'chai';
import { estimateCoreSize, requireSpace } from '../../lab/capture/space.js';
import { LabError } from '../../lab/errors.js';
import { runsFolder } from '../../lab/paths.js';

/** proc(5): the lines that matter. Each mapping is one megabyte. */
function mapping(where: string, { anonymous = 0, flags = 'rd wr mr mw me ac' } = {}): string {
  return `${where}\nSize:               1024 kB\nAnonymous:        ${anonymous} kB\nVmFlags: ${flags} \n`;
}

const megabyte = 1 << 20;
const notes = estimateCoreSize('', 0x33, 1);
const estimate = (smaps: string, filter = 0x33): number =>
  (estimateCoreSize(smaps, filter, 1) - notes) / megabyte;

describe('the size of a core before it is written', () => {
  it('counts anonymous private memory whole, touched or not, with any permission', () => {
    expect(estimate(mapping('c000000000-c000100000 rw-p 00000000 00:00 0 '))).to.equal(1);
    expect(estimate(mapping('c000000000-c000100000 ---p 00000000 00:00 0 '))).to.equal(1);
    expect(estimate(mapping('7ffc00000000-7ffc00100000 rw-p 00000000 00:00 0      [stack]'))).to.equal(1);
  });

  it('leaves out what is marked as not to be dumped, and device memory', () => {
    expect(estimate(mapping('c000000000-c000100000 rw-p 00000000 00:00 0 ', { flags: 'rd wr dd' }))).to.equal(
      0,
    );
    expect(estimate(mapping('c000000000-c000100000 rw-p 00000000 00:00 0 ', { flags: 'rd io de' }))).to.equal(
      0,
    );
  });

  it('counts a file’s pages only when they were changed, or begin the file', () => {
    expect(estimate(mapping('500000-600000 r--p 00100000 fe:00 42   /srv/my app'))).to.equal(0);
    expect(
      estimate(mapping('500000-600000 rw-p 00100000 fe:00 42   /srv/my app', { anonymous: 8 })),
    ).to.equal(1);
    expect(estimate(mapping('400000-500000 r-xp 00000000 fe:00 42   /srv/my app'))).to.equal(1);
  });

  it('honours the process’s own filter', () => {
    const shared = mapping('7f0000000000-7f0000100000 rw-s 00000000 00:00 0 ');
    expect([estimate(shared), estimate(shared, 0x31)]).to.deep.equal([1, 0]);
    expect(estimate(mapping('c000000000-c000100000 rw-p 00000000 00:00 0 '), 0)).to.equal(0);
    expect(estimate(mapping('500000-600000 r--p 00100000 fe:00 42 /srv/app'), 0x37)).to.equal(1);
  });

  it('leaves out memory without permissions for a method that does', () => {
    const reserved = mapping('c000000000-c000100000 ---p 00000000 00:00 0 ');
    const used = mapping('c000100000-c000200000 rw-p 00000000 00:00 0 ');
    expect((estimateCoreSize(reserved + used, 0x33, 1, false) - notes) / megabyte).to.equal(1);
  });

  it('adds up many mappings, and grows with the threads', () => {
    const two =
      mapping('400000-500000 r-xp 00000000 fe:00 42 /a') + mapping('600000-700000 rw-p 00000000 00:00 0 ');
    expect(estimate(two)).to.equal(2);
    expect(estimateCoreSize('', 0x33, 100)).to.be.above(notes);
  });

  it('stops before the capture when the disk is too small, and tells both sizes', () => {
    requireSpace({ needed: 10, available: 10 }, '/runs');
    try {
      requireSpace({ needed: 1_340_000_001, available: 340_000_000 }, '/runs');
      expect.fail('it passed');
    } catch (error) {
      expect(error).to.be.instanceOf(LabError).and.to.include({ code: 'no-space' });
      expect(error)
        .to.have.property('message')
        .that.includes('1341 MB')
        .and.includes('/runs has 340 MB free');
    }
    expect(() => requireSpace({ needed: 11, available: 10 }, '/runs', undefined, { cores: 3 })).to.throw(
      /^3 cores need 1 MB for a moment, and /,
    );
  });

  it('names what moves the folder: a variable for that of a run, an option for any other, nothing for the kernel’s', () => {
    const hint = (...[space, folder, target, asked]: Parameters<typeof requireSpace>): string => {
      try {
        requireSpace(space, folder, target, asked);
      } catch (error) {
        if (error instanceof LabError) return error.hint ?? '';
      }
      return 'it passed';
    };
    const space = { needed: 2_000_000, available: 0 };
    expect(hint(space, join(runsFolder(), 'a-run')))
      .to.contain('LAB_RUNS')
      .and.not.contain('-o');
    expect(hint(space, '/tmp/hung')).to.contain('with -o').and.not.contain('LAB_RUNS');
    const here = { kind: 'local', name: 'here' } as const;
    expect(hint(space, '/var/cores', here, { chosenBy: 'kernel' })).to.equal('free 2 MB there');
  });
});
