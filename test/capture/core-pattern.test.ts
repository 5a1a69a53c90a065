import { expect } from 'chai';
import { type CoreFacts, programOf, resolveCorePattern } from '../../lab/capture/core-pattern.js';
import { mayWriteInto, parseCoreStatus } from '../../lab/capture/core-status.js';

const facts: CoreFacts = {
  ...{ pid: 1628, uid: 1000, gid: 100, name: 'server', exe: '/opt/my app/server' },
  ...{ hostname: 'server-7', cwd: '/srv/app' },
};
const place = (pattern: string, usesPid = '0', some: Partial<CoreFacts> = {}) =>
  resolveCorePattern({ pattern, usesPid }, { ...facts, ...some });

describe('where the kernel writes a core', () => {
  it('is the working folder of the process, or the one that is named', () => {
    expect(place('core\n')).to.include({ kind: 'file', folder: '/srv/app', exact: 'core' });
    expect(place('/var/crash/core')).to.include({ folder: '/var/crash', exact: 'core' });
    expect(place('cores/%h/core.%p')).to.include({ folder: '/srv/app/cores/server-7', exact: 'core.1628' });
    expect(place('/core')).to.include({ folder: '/', exact: 'core' });
  });

  it('carries the pid where the kernel is told to, and not twice', () => {
    expect(place('core', '1\n')).to.include({ exact: 'core.1628' });
    expect(place('core.%p', '1\n')).to.include({ exact: 'core.1628' });
    expect(place('', '1')).to.include({ folder: '/srv/app', exact: '.1628' });
    expect(place('', '0')).to.include({ kind: 'nowhere' });
  });

  it('fills in what is known of the process', () => {
    expect(place('%e-%f-%u-%g-%h-%%-%E')).to.include({
      exact: 'server-server-1000-100-server-7-%-!opt!my app!server',
    });
  });

  it('drops what means nothing, as the kernel does', () => {
    expect(place('core%z.%p%')).to.include({ exact: 'core.1628' });
  });

  it('never lets a name lead to another folder', () => {
    expect(place('core.%e', '0', { name: 'a/b' })).to.include({ exact: 'core.a!b' });
    expect(place('%e', '0', { name: '..' })).to.include({ exact: '!.' });
    expect(place('core.%e', '0', { name: '' })).to.include({ exact: 'core.!' });
  });

  it('knows what a name will look like whose parts only the end decides', () => {
    const seen = place('/var/crash/core.%e+%p.%t.%s');
    if (seen.kind !== 'file') throw new Error('no file');
    expect(seen.exact).to.equal(undefined);
    expect(seen.name.test('core.server+1628.1763906000.6')).to.equal(true);
    expect(seen.name.test('core.server+1629.1763906000.6')).to.equal(false);
    expect(seen.name.test('core.serverr1628.1763906000.6')).to.equal(false);
    expect(seen.name.test('core.server+1628.1763906000.6.old')).to.equal(false);
  });

  it('is nowhere when a folder is named after what nobody knows before', () => {
    expect(place('/var/crash/%t/core')).to.include({ kind: 'nowhere' });
    expect(place('/var/crash/')).to.include({ kind: 'nowhere' });
  });

  it('is a program, or a socket', () => {
    const apport = '|/usr/share/apport/apport -p%p -s%s';
    expect(place(apport)).to.deep.equal({ kind: 'program', program: apport.slice(1) });
    expect(programOf('@/run/coredump.socket\n')).to.deep.equal({
      kind: 'program',
      program: 'the socket /run/coredump.socket',
    });
    expect(programOf('core')).to.equal(undefined);
  });
});

describe('what the kernel says of a process that is to leave a core', () => {
  const text = [
    'Name:\tserver',
    'NSpid:\t1628\t7',
    'Uid:\t1000\t1000\t1000\t1001',
    'Gid:\t100\t100\t100\t101',
    'Groups:\t4 27 ',
    'CoreDumping:\t1',
    'SigIgn:\t0000000000000004',
    'CapEff:\t0000000000000000',
    '',
  ].join('\n');

  it('is read from its status', () => {
    expect(parseCoreStatus(text, 1628)).to.deep.equal({
      ...{ name: 'server', pid: 7, uid: 1000, gid: 100, ignoresQuit: true, isDumping: true },
      writer: { uid: 1001, groups: [101, 4, 27], isFree: false },
    });
    expect(parseCoreStatus('', 5)).to.deep.include({ pid: 5, ignoresQuit: false, isDumping: false });
  });

  it('tells whether it may make a file in a folder', () => {
    const { writer } = parseCoreStatus(text, 1628);
    expect(mayWriteInto('1001 0 755\n', writer)).to.equal(true);
    expect(mayWriteInto('0 27 775', writer)).to.equal(true);
    expect(mayWriteInto('0 27 757', writer)).to.equal(false);
    expect(mayWriteInto('0 0 755', writer)).to.equal(false);
    expect(mayWriteInto('0 0 1777', writer)).to.equal(true);
    expect(mayWriteInto('0 0 755', { ...writer, isFree: true })).to.equal(true);
  });
});
