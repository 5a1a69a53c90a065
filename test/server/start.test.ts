import { expect } from 'chai';
import { listening, startServer } from '../../lab/server/start.js';
import { localTarget } from '../../lab/targets/local.js';
import { rejectsWith } from '../rejects.js';
import { tempFolder } from '../temp-folder.js';

const { signal } = new AbortController();

describe("the server's log", () => {
  it('names both ports, whatever stands before them', () => {
    const log = '2026/11/23 pprof listening addr=127.0.0.1:10081\nserver listening addr=[::]:10080\n';
    expect(listening(log)).to.deep.equal({ port: 10080, pprofPort: 10081 });
  });

  it('names nothing until both lines are there and whole', () => {
    expect(listening('')).to.equal(undefined);
    expect(listening('pprof listening addr=127.0.0.1:10081\n')).to.equal(undefined);
    expect(listening('pprof listening addr=127.0.0.1:10081\nserver listening addr=')).to.equal(undefined);
  });
});

describe('starting a server', () => {
  const target = localTarget();

  async function starting(script: string, readyWithinMs: number) {
    await using folder = await tempFolder();
    const exe = folder.file('server');
    const made = await target.exec(
      ['sh', '-c', `printf '%s' "$0" > "${exe}" && chmod 755 "${exe}"`, script],
      { signal },
    );
    expect(made.exitCode).to.equal(0);
    const options = { exe, port: 0, pprofPort: 0, path: '/', logFile: folder.file('log'), readyWithinMs };
    return await rejectsWith('target', startServer(target, options, signal));
  }

  it('shows the last words of a server that ends at once', async () => {
    const error = await starting('#!/bin/sh\necho no such file: config.yml; exit 3\n', 5000);
    expect(error.message).to.contain('exit 3').and.to.contain('config.yml');
  });

  it('says how a server ended that listened and never answered', async () => {
    const said = 'pprof listening addr=127.0.0.1:9\\nserver listening addr=127.0.0.1:9\\n';
    const error = await starting(`#!/bin/sh\nprintf '${said}'; sleep 0.3; kill -9 $$\n`, 60_000);
    expect(error.message).to.contain('killed by SIGKILL');
  });

  it('ends a server that never says where it listens, and names its log', async () => {
    const error = await starting('#!/bin/sh\nexec sleep 60\n', 200);
    expect(error.message).to.contain('did not say where it listens');
    expect(error.hint).to.contain('log');
  });
});
