import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { expect } from 'chai';
import ssh2 from 'ssh2';
import type { LabError } from '../../../lab/errors.js';
import { parseSshTarget } from '../../../lab/targets/ssh/address.js';
import { resolveSshConfig } from '../../../lab/targets/ssh/config.js';
import { parseSettings } from '../../../lab/targets/ssh/settings.js';
import { sshTarget } from '../../../lab/targets/ssh/target.js';
import { rejectsWith } from '../../rejects.js';
import { newKeyPair } from '../../ssh-key.js';
import { startSshServer } from '../../ssh-server.js';
import { tempFolder } from '../../temp-folder.js';

const { signal } = new AbortController();

describe('an address of a host', () => {
  it('is ssh://user@host:port, with user and port if need be', () => {
    expect(parseSshTarget('ssh://joe@box:2222')).to.deep.equal({ host: 'box', user: 'joe', port: 2222 });
    expect(parseSshTarget('ssh://box')).to.deep.equal({ host: 'box' });
    expect(parseSshTarget('ssh://joe@[fe80::1]:22/')).to.deep.equal({
      host: 'fe80::1',
      user: 'joe',
      port: 22,
    });
  });

  for (const wrong of [
    'box',
    'ssh://',
    'ssh://-oProxyCommand=x',
    'ssh://a:b',
    'ssh://a:70000',
    'ssh://j:pw@a',
  ]) {
    it(`is not ${wrong}`, () => {
      expect(() => parseSshTarget(wrong))
        .to.throw()
        .with.property('code', 'usage');
    });
  }
});

describe('the SSH configuration', () => {
  const config = [
    'Host box',
    '  HostName 192.0.2.7',
    '  Port 2201',
    '  User joe',
    '  IdentityFile ~/keys/%r@%h',
    '  IdentitiesOnly yes',
    '  ProxyJump ann@first:2200,second',
    '  ServerAliveInterval 7',
    'Host *',
    '  User nobody',
    '  UserKnownHostsFile /known/one /known/two',
    '',
  ].join('\n');

  it('is honoured, and options win over it', async () => {
    await using folder = await tempFolder();
    await writeFile(folder.file('config'), config);
    const host = await resolveSshConfig({ host: 'box', port: 2300, config: folder.file('config') }, signal);
    expect(host).to.include({
      hostName: '192.0.2.7',
      port: 2300,
      user: 'joe',
      identitiesOnly: true,
      keepAliveMs: 7000,
    });
    expect(host.jumps).to.deep.equal([{ host: 'first', user: 'ann', port: 2200 }, { host: 'second' }]);
    expect(host.identityFiles[0]).to.match(/\/keys\/joe@192\.0\.2\.7$/);
    expect(host.knownHostsFiles.slice(0, 2)).to.deep.equal(['/known/one', '/known/two']);
  });

  it('is read by the library alike where there is no ssh, included files too', async () => {
    await using folder = await tempFolder();
    await writeFile(folder.file('more.conf'), config);
    await writeFile(folder.file('config'), `Include ${folder.path}/*.conf\n`);
    const settings = await parseSettings({ host: 'box' }, folder.file('config'));
    expect(settings.get('hostname')).to.deep.equal(['192.0.2.7']);
    expect(settings.get('user')).to.deep.equal(['joe']);
    expect(settings.get('proxyjump')).to.deep.equal(['ann@first:2200,second']);
    expect(settings.get('userknownhostsfile')).to.deep.equal(['/known/one /known/two']);
    expect(settings.get('identityfile')).to.deep.equal(['~/keys/%r@%h']);
  });

  it('says what it cannot do', async () => {
    await using folder = await tempFolder();
    await writeFile(folder.file('config'), 'Host box\n  ProxyCommand nc %h %p\n');
    const error = await rejectsWith(
      'usage',
      resolveSshConfig({ host: 'box', config: folder.file('config') }, signal),
    );
    expect(error.hint).to.contain('ProxyJump');
  });
});

describe('a host that cannot be used', function () {
  this.timeout(30_000);
  const reasonOf = (error: LabError): unknown => error.details['reason'];
  const plain = { user: 'tester', config: 'none', deadlines: { connectMs: 5_000 } };

  it('has an unknown key: nothing of the user is sent', async () => {
    let attempts = 0;
    await using server = await startSshServer({ admits: () => ++attempts > 0 });
    const error = await rejectsWith(
      'target',
      sshTarget({ host: '127.0.0.1', port: server.port, ...plain }, signal),
    );
    expect(reasonOf(error)).to.equal('host-key-unknown');
    expect(error.message).to.match(/SHA256:/);
    expect(error.hint).to.contain('ssh-keyscan');
    expect(attempts).to.equal(0);
  });

  it('has another key than it had, or a revoked one', async () => {
    await using folder = await tempFolder();
    await using server = await startSshServer();
    const other = ssh2.utils.parseKey(newKeyPair().public);
    if (other instanceof Error) throw other;
    const blob = other.getPublicSSH().toString('base64');
    const options = {
      host: '127.0.0.1',
      port: server.port,
      ...plain,
      knownHostsFiles: [folder.file('known')],
    };
    await writeFile(folder.file('known'), `[127.0.0.1]:${server.port} ssh-ed25519 ${blob}\n`);
    const changed = await rejectsWith('target', sshTarget(options, signal));
    expect(reasonOf(changed)).to.equal('host-key-changed');
    expect(changed.message).to.contain(`${folder.file('known')}:1`);
    expect(changed.hint).to.contain('ssh-keygen -R');
    await writeFile(
      folder.file('known'),
      `${server.knownHost}@revoked ${server.knownHost.replace(/^\S+/, '*')}`,
    );
    expect(reasonOf(await rejectsWith('target', sshTarget(options, signal)))).to.equal('host-key-revoked');
  });

  it('is used all the same when the lab made it itself', async () => {
    await using folder = await tempFolder();
    await using server = await startSshServer();
    const options = { host: '127.0.0.1', port: server.port, ...plain, workFolder: folder.path };
    await using target = await sshTarget({ ...options, hostKeys: 'any' }, signal);
    expect(target.kind).to.equal('ssh');
  });

  it('lets nobody in', async () => {
    await using folder = await tempFolder();
    await using server = await startSshServer({ admits: () => false });
    const key = newKeyPair({ passphrase: 'secret', cipher: 'aes256-cbc', rounds: 1 }, 'secret');
    await writeFile(folder.file('locked'), key.private);
    const options = { host: '127.0.0.1', port: server.port, ...plain, hostKeys: 'any' as const };
    const none = await rejectsWith('target', sshTarget(options, signal));
    expect(reasonOf(none)).to.equal('authentication');
    expect(none.message).to.contain('no key to try').and.to.contain('publickey');
    const locked = await rejectsWith(
      'target',
      sshTarget({ ...options, identityFile: folder.file('locked') }, signal),
    );
    expect(locked.message).to.contain('passphrase');
  });

  it('refuses the connection', async () => {
    const server = await startSshServer();
    await server[Symbol.asyncDispose]();
    const error = await rejectsWith(
      'target',
      sshTarget({ host: '127.0.0.1', port: server.port, ...plain }, signal),
    );
    expect(reasonOf(error)).to.equal('refused');
  });

  it('has a name that nobody knows', async () => {
    const error = await rejectsWith('target', sshTarget({ host: 'no-such-host.invalid', ...plain }, signal));
    expect(reasonOf(error)).to.equal('host-unknown');
  });

  it('never answers', async () => {
    const server = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const deadlines = { connectMs: 300 };
    const work = sshTarget({ host: '127.0.0.1', port, ...plain, deadlines }, signal);
    expect(reasonOf(await rejectsWith('target', work))).to.equal('time-out');
    const controller = new AbortController();
    const waiting = sshTarget({ host: '127.0.0.1', port, ...plain }, controller.signal);
    setImmediate(() => controller.abort());
    await rejectsWith('interrupted', waiting);
    server.close();
  });
});
