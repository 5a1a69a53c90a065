import { expect } from 'chai';
import {
  parseAnyVersion,
  parseDelveBuilder,
  parseDelveVersion,
  parseGoVersion,
  parsePackageMinor,
} from '../../lab/toolchain/versions.js';

describe('versions', () => {
  it('reads every form in which Go names itself', () => {
    expect(parseGoVersion('go version go1.19.8 linux/amd64\n')).to.deep.equal({
      text: 'go1.19.8',
      minor: 19,
      patch: 8,
    });
    expect(parseGoVersion('go1.26rc1')).to.deep.equal({ text: 'go1.26rc1', minor: 26, patch: 0 });
    expect(parseGoVersion('1.26.8')?.text).to.equal('go1.26.8');
    expect(parseGoVersion('go1.20')?.text).to.equal('go1.20');
    expect(parseGoVersion('go version devel go1.28-5a1d2f8 Mon Jan 1 linux/amd64')?.minor).to.equal(28);
    expect(parseGoVersion('go1.22.3 X:nocoverageredesign')?.text).to.equal('go1.22.3');
    expect(parseGoVersion('go1.22.3-fips')?.text).to.equal('go1.22.3');
  });

  it('does not take a development version without a number for a release', () => {
    expect(parseGoVersion('devel +4f6e7f3 Tue Mar 2')).to.equal(undefined);
    expect(parseGoVersion('')).to.equal(undefined);
  });

  it("reads Delve's version and the Go that built it", () => {
    const output = 'Delve Debugger\nVersion: 1.20.2\nBuild: $Id: e0c2 $\nBuild Details: go1.19.8\n mod\t\n';
    expect(parseDelveVersion(output)).to.deep.equal({ text: '1.20.2', minor: 20, patch: 2 });
    expect(parseDelveBuilder(output)?.minor).to.equal(19);
    expect(parseDelveVersion('Version: 1.24.0-rc.1\n')).to.include({ minor: 24, patch: 0 });
    expect(parseDelveVersion('flag provided but not defined')).to.equal(undefined);
    expect(parseDelveBuilder('Version: 1.20.2\n')).to.equal(undefined);
  });

  it('reads the upstream minor out of a Debian version', () => {
    expect(parsePackageMinor('2:1.19~1')).to.equal(19);
    expect(parsePackageMinor('1.20.2-1+deb12u1')).to.equal(20);
    expect(parsePackageMinor('2:1.18~0ubuntu2')).to.equal(18);
    expect(parsePackageMinor('(none)')).to.equal(undefined);
  });

  it("shows a tool's own version, not the distribution's", () => {
    expect(parseAnyVersion('GNU gdb (Debian 13.1-3) 13.1')).to.equal('13.1');
    expect(parseAnyVersion('jq-1.6')).to.equal('1.6');
    expect(parseAnyVersion('usage: nothing')).to.equal(undefined);
  });
});
