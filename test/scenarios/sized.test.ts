import { expect } from 'chai';
import { parseConfig, scenarioOf } from '../../lab/config.js';
import { LabError } from '../../lab/errors.js';

describe('the size of a stampede', () => {
  it('is the one of the run, and the victims that are expected with it', () => {
    const config = parseConfig({ scenario: 'stampede', size: '100000', protocol: 'http2' });
    const { drive, expect: expected, server } = scenarioOf(config);
    expect(drive).to.deep.include({ kind: 'stampede', size: 100_000, protocol: 'http2' });
    expect(expected.victimsAtLeast).to.equal(98_000);
    expect(server.flags).to.deep.equal(['--http2']);
  });

  it('is the one of the manifest where a run names none', () => {
    const { drive, expect: expected, server } = scenarioOf(parseConfig({ scenario: 'stampede' }));
    expect(drive).to.deep.include({ size: 2_000, protocol: 'http1' });
    expect(expected.victimsAtLeast).to.equal(1_960);
    expect(server.flags).to.deep.equal([]);
  });

  it('is refused for other scenarios', () => {
    expect(() => parseConfig({ scenario: 'blog', size: 1_000 })).to.throw(LabError, /options of stampede/);
  });
});
