import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { projectRoot } from '../../../lab/paths.js';
import {
  longestLine,
  parseLine,
  recordParser,
  type VagrantRecord,
} from '../../../lab/targets/vagrant/machine-readable.js';
import { recorded } from './scripted.js';

function parsed(bytes: Buffer, cuts: readonly number[]): VagrantRecord[] {
  const parser = recordParser();
  const ends = [...cuts, bytes.length];
  return [
    ...ends.flatMap((end, index) => parser.write(bytes.subarray(ends[index - 1] ?? 0, end))),
    ...parser.end(),
  ];
}

/** The same numbers each time. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

describe('the machine-readable output of Vagrant', () => {
  it('becomes the same records, wherever real outputs are cut', () => {
    const names = readdirSync(join(projectRoot, 'test', 'fixtures', 'vagrant')).filter((name) =>
      name.endsWith('.out'),
    );
    expect(names.length).to.be.greaterThan(20);
    const next = numbers(7);
    for (const name of names) {
      const bytes = Buffer.from(recorded(name.slice(0, -'.out'.length)));
      const whole = parsed(bytes, []);
      for (let round = 0; round < 20; round++) {
        const cuts = Array.from({ length: next(12) }, () => next(bytes.length + 1)).sort((a, b) => a - b);
        expect(parsed(bytes, cuts), `${name} cut at ${cuts.join(', ')}`).to.deep.equal(whole);
      }
    }
  });

  it('becomes the same records byte by byte, with characters of several bytes and bytes that are none', () => {
    const bytes = Buffer.concat([
      Buffer.from('1,a,ui,info,==> a: Grüße 🚀\r\n'),
      Buffer.from([0x31, 0x2c, 0x61, 0x2c, 0x75, 0x69, 0x2c, 0x69, 0x6e, 0x66, 0x6f, 0x2c, 0xff, 0xc3, 0x0a]),
      Buffer.from('plain ✓'),
    ]);
    const cuts = Array.from({ length: bytes.length }, (_, index) => index);
    expect(parsed(bytes, cuts)).to.deep.equal(parsed(bytes, []));
    expect(parsed(bytes, cuts)).to.deep.equal([
      { kind: 'ui', machine: 'a', level: 'info', text: 'Grüße 🚀' },
      { kind: 'ui', machine: 'a', level: 'info', text: '\u{fffd}\u{fffd}' },
      { kind: 'plain', text: 'plain ✓' },
    ]);
  });

  it('restores commas, new lines and the prefix of each line', () => {
    const line =
      '1,m,ui,success,==> m: Saved%!(VAGRANT_COMMA) at any time by\\n==> m: using it.\\n    m: \\r';
    expect(parseLine(line)).to.deep.equal({
      kind: 'ui',
      machine: 'm',
      level: 'success',
      text: 'Saved, at any time by\nusing it.\n\r',
    });
  });

  it('keeps lines that are none, and types that it does not know', () => {
    expect(parseLine('  HostName 192.168.121.23')).to.deep.equal({
      kind: 'plain',
      text: '  HostName 192.168.121.23',
    });
    expect(parseLine('2,5,and so on')).to.deep.equal({ kind: 'plain', text: '2,5,and so on' });
    expect(parseLine('1,,cli-command,box')).to.deep.equal({
      kind: 'other',
      machine: '',
      type: 'cli-command',
      data: ['box'],
    });
    expect(parseLine('1,m,action,up,stop').kind).to.equal('other');
  });

  it('cuts a line that never ends, at the same place however it comes', () => {
    const bytes = Buffer.from(`${'x'.repeat(longestLine + 5)}\nend\n`);
    const texts = (records: readonly VagrantRecord[]) =>
      records.map((record) => (record.kind === 'plain' ? record.text.length : 0));
    expect(texts(parsed(bytes, []))).to.deep.equal([longestLine, 5, 3]);
    expect(texts(parsed(bytes, [10, longestLine, longestLine + 2]))).to.deep.equal([longestLine, 5, 3]);
  });

  it('tells states, providers, actions and the error at the end', () => {
    const kinds = parsed(Buffer.from(recorded('status-running')), []);
    expect(kinds).to.deep.include({ kind: 'state', machine: 'server-test-1', state: 'running' });
    expect(kinds).to.deep.include({ kind: 'provider', machine: 'server-test-1', provider: 'libvirt' });
    const failed = parsed(Buffer.from(recorded('machine-locked')), []).at(-1);
    expect(failed).to.include({ kind: 'error-exit', name: 'Vagrant::Errors::MachineActionLockedError' });
  });
});
