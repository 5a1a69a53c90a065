import { expect } from 'chai';
import { LabError } from '../../../lab/errors.js';
import { parseSshConfig } from '../../../lab/targets/vagrant/ssh-config.js';
import { recorded } from './scripted.js';

describe('the configuration for SSH', () => {
  it('is read as Vagrant printed it', () => {
    expect(parseSshConfig(recorded('ssh-config-plain'))[0]).to.deep.include({
      name: 'server-test-1',
      user: 'vagrant',
      port: 22,
    });
  });

  it('is read for several hosts, quoted paths and several keys', () => {
    const config = `
Host server-test-1
  HostName 127.0.0.1
  User vagrant
  Port 2222
  StrictHostKeyChecking no
  IdentityFile "/home/a reader/key one"
  IdentityFile /home/reader/key2
  ProxyCommand ssh -W %h:%p jump

Host load-test-1
  HostName fe80::1
  Port 22
  IdentityFile C:/Users/reader/key
`;
    expect(parseSshConfig(config)).to.deep.equal([
      {
        name: 'server-test-1',
        host: '127.0.0.1',
        port: 2222,
        user: 'vagrant',
        identityFiles: ['/home/a reader/key one', '/home/reader/key2'],
        checkHostKey: false,
        proxyCommand: 'ssh -W %h:%p jump',
      },
      {
        name: 'load-test-1',
        host: 'fe80::1',
        port: 22,
        user: 'vagrant',
        identityFiles: ['C:/Users/reader/key'],
        checkHostKey: true,
      },
    ]);
  });

  it('is nothing in a text that has no host, and an error in a host that has no address', () => {
    expect(parseSshConfig('')).to.deep.equal([]);
    expect(parseSshConfig('Vagrant has a new version\n')).to.deep.equal([]);
    expect(() => parseSshConfig('Host a\n  Port 22\n')).to.throw(LabError, 'nothing usable of a');
    expect(() => parseSshConfig('Host a\n  HostName b\n  Port many\n')).to.throw(
      LabError,
      'nothing usable of a',
    );
  });
});
