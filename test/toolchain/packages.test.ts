import { expect } from 'chai';
import { pickGo } from '../../lab/toolchain/go.js';
import { chooseGoPackage, installCommand, parsePolicy } from '../../lab/toolchain/packages.js';
import { packagesFor } from '../../lab/toolchain/prepare.js';

const debian12 = new Map([
  ['golang-go', '2:1.19~1'],
  ['golang-1.19-go', '1.19.8-2'],
  ['delve', '1.20.2-1+deb12u1'],
  ['gdb', '13.1-3'],
]);
const ubuntu2204 = new Map([
  ['golang-go', '2:1.18~0ubuntu2'],
  ['golang-1.21-go', '1.21.1-1~ubuntu22.04.2'],
  ['golang-1.22-go', '1.22.2-2~22.04.1'],
  ['delve', '1.8.1-1'],
  ['gdb', '12.1-0ubuntu1~22.04'],
]);

describe('the packages of the system', () => {
  it("reads apt-cache's policy", () => {
    const output = [
      'golang-go:',
      '  Installed: (none)',
      '  Candidate: 2:1.19~1',
      '  Version table:',
      '     2:1.19~1 500',
      'delve:',
      '  Installed: (none)',
      '  Candidate: (none)',
      '',
    ].join('\n');
    expect([...parsePolicy(output)]).to.deep.equal([['golang-go', '2:1.19~1']]);
  });

  it('chooses the standard Go where it is new enough, else the newest beside it', () => {
    expect(chooseGoPackage(debian12)).to.equal('golang-go');
    expect(chooseGoPackage(ubuntu2204)).to.equal('golang-1.22-go');
    expect(chooseGoPackage(new Map([['golang-go', '2:1.18~0ubuntu2']]))).to.equal(undefined);
  });

  it('installs Delve with Go where the two fit', () => {
    expect(packagesFor({ go: true, gdb: true }, debian12)).to.deep.equal(['golang-go', 'delve', 'gdb']);
    expect(packagesFor({ go: true, gdb: true }, ubuntu2204)).to.deep.equal(['golang-1.22-go', 'gdb']);
    expect(packagesFor({ go: false, gdb: true }, debian12)).to.deep.equal(['gdb']);
    expect(packagesFor({ go: true, gdb: false }, new Map())).to.equal(undefined);
  });

  it('writes the command as the person in question can type it', () => {
    expect(installCommand(['gdb'], { kind: 'root' })).to.equal('apt-get update && apt-get install -y gdb');
    expect(installCommand(['gdb'], { kind: 'no-rights', sudo: true })).to.match(/^sudo apt-get/);
    expect(installCommand(['gdb'], { kind: 'no-rights', sudo: false })).to.match(/^su -c 'apt-get/);
    expect(installCommand(['gdb'], { kind: 'none' })).to.include('gdb');
  });

  it('takes the Go of PATH when it is new enough, else the newest elsewhere', () => {
    const go = (path: string, minor: number) => ({
      path,
      version: `1.${minor}`,
      release: { text: `go1.${minor}`, minor, patch: 0 },
    });
    expect(pickGo([go('/usr/bin/go', 19), go('/usr/local/go/bin/go', 26)])?.path).to.equal('/usr/bin/go');
    expect(pickGo([go('/usr/bin/go', 18), go('/a/go', 20), go('/b/go', 22)])?.path).to.equal('/b/go');
    expect(pickGo([go('/usr/bin/go', 18)])).to.equal(undefined);
  });
});
