import { expect } from 'chai';
import { LabError } from '../../lab/errors.js';
import { type Machine, needsOf, openFilesOf, requireRoom, thisMachine } from '../../lab/stampede/limits.js';
import { sourceAddress } from '../../lab/stampede/sources.js';

const plenty: Machine = { descriptors: 1e6, memoryBytes: 1e12, diskBytes: 1e12 };

function complaint(machine: Partial<Machine>, protocol: 'http1' | 'http2' = 'http1'): LabError | undefined {
  try {
    requireRoom(needsOf(100_000, protocol, 1_000, 2_000), { ...plenty, ...machine }, '/runs');
    return undefined;
  } catch (error) {
    if (error instanceof LabError) return error;
    throw error;
  }
}

describe('the limits of a stampede', () => {
  it('lets one begin where there is room', () => {
    expect(complaint({})).to.equal(undefined);
  });

  it('counts a descriptor for each handler over HTTP/1.1, and proposes HTTP/2 where a process may have too few', () => {
    const error = complaint({ descriptors: 20_000 });
    expect(error).to.include({ code: 'target' });
    expect(error?.message).to.contain('101,100 file descriptors').and.contain('20,000 here');
    expect(error?.hint).to.contain('--size 100000 --protocol http2');
  });

  it('needs descriptors over HTTP/2 only for the connections that are there', () => {
    expect(complaint({ descriptors: 20_000 }, 'http2')).to.equal(undefined);
    expect(complaint({ descriptors: 1_024 }, 'http2')?.hint).to.contain('ulimit');
  });

  it('names the size that fits into the memory', () => {
    const error = complaint({ memoryBytes: 2e9 });
    expect(error).to.include({ code: 'target' });
    const fitting = Number(/--size (\d+)$/.exec(error?.hint ?? '')?.[1]);
    expect(fitting).to.be.above(50_000).and.below(100_000);
    const { memoryBytes } = needsOf(fitting, 'http1', 1_000, 2_000);
    expect(memoryBytes).to.be.at.most(2e9);
  });

  it('wants room for the core before anybody comes', () => {
    const error = complaint({ diskBytes: 1e9 });
    expect(error).to.include({ code: 'no-space' });
    expect(error?.message).to.contain('/runs has 1.0 GB free');
  });

  it('reads what this machine has', async () => {
    const { descriptors, memoryBytes, diskBytes } = await thisMachine('/tmp');
    expect(descriptors).to.be.above(100);
    expect(memoryBytes).to.be.above(1e7);
    expect(diskBytes).to.be.above(1e6);
    const text =
      'Limit    Soft Limit  Hard Limit  Units\nMax open files            1024      unlimited     files \n';
    expect(openFilesOf(text)).to.deep.equal({ soft: 1024, hard: Number.POSITIVE_INFINITY });
  });

  it('numbers the source addresses of the loopback network', () => {
    expect([0, 1, 254, 255, 65_535].map(sourceAddress)).to.deep.equal([
      ...['127.0.0.1', '127.0.0.2', '127.0.0.255', '127.0.1.0', '127.1.0.0'],
    ]);
    expect(() => sourceAddress(2 ** 24)).to.throw(RangeError);
  });
});
