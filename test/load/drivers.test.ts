import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { expect } from 'chai';
import { execa } from 'execa';
import { poll } from '../../lab/deadline.js';
import { shares } from '../../lab/load/autocannon.js';
import type { LoadEnd, LoadOptions } from '../../lab/load/driver.js';
import { loadDrivers } from '../../lab/load/index.js';
import type { LoadSample, LoadStep } from '../../lab/load/sample.js';
import { rejectsWith } from '../rejects.js';

const signal = new AbortController().signal;
const small: LoadStep = { connections: 20, pipelining: 1, workers: 2 };
const harder: LoadStep = { connections: 20, pipelining: 4, workers: 2 };

function optionsFor(port: number): LoadOptions {
  return {
    url: `http://127.0.0.1:${port}/`,
    steps: [small, harder],
    requestTimeoutMs: 10_000,
    maxFailures: 100,
    maxDurationMs: 30_000,
  };
}

/** A server of this process, and how many connections to it are open. */
async function counting() {
  const server = createServer((_, response) => response.end('ok'));
  let open = 0;
  server.on('connection', (socket) => {
    open += 1;
    socket.on('close', () => {
      open -= 1;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: portOf(server.address()),
    open: () => open,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function portOf(address: string | AddressInfo | null): number {
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function isInstalled(name: string): Promise<boolean> {
  return (await execa(name, ['--version'], { reject: false })).code !== 'ENOENT';
}

const until = <T>(look: () => T | undefined): Promise<T | undefined> =>
  poll(look, { signal, deadlineMs: 8_000, everyMs: 20 });

for (const driver of loadDrivers) {
  describe(`The ${driver.name} driver`, () => {
    before(async function () {
      if (driver.name === 'wrk' && !(await isInstalled('wrk'))) this.skip();
    });

    it('streams samples at four a second or more, through a change of steps, and leaves no connection', async () => {
      await using server = await counting();
      const samples: LoadSample[] = [];
      {
        await using session = await driver.open(
          optionsFor(server.port),
          (sample) => samples.push(sample),
          signal,
        );
        session.push(small);
        await until(() => (samples.length >= 10 ? true : undefined));
        expect(server.open()).to.be.at.least(small.connections);
        session.push(harder);
        await until(() =>
          samples.filter((sample) => sample.step === harder).length >= 10 ? true : undefined,
        );
      }
      const first = samples[0];
      const last = samples.at(-1);
      expect(last?.responses).to.be.greaterThan(first?.responses ?? 0);
      expect(last?.requestsPerSecond).to.be.greaterThan(0);
      expect(last?.lastResponseAt).to.be.within((last?.at ?? 0) - 1_000, last?.at ?? 0);
      const seconds = ((last?.at ?? 0) - (first?.at ?? 0)) / 1_000;
      expect((samples.length - 1) / seconds).to.be.at.least(4);
      for (let i = 1; i < samples.length; i += 1) {
        expect(samples[i]?.responses).to.be.at.least(samples[i - 1]?.responses ?? 0);
      }
      expect(await until(() => (server.open() === 0 ? true : undefined))).to.equal(true);
    });

    it('reports a generator that is killed with -9 as a value, at once', async () => {
      await using server = await counting();
      await using session = await driver.open(optionsFor(server.port), () => {}, signal);
      session.push(small);
      await until(() => (server.open() > 0 ? true : undefined));
      const victim = session.pids[0] ?? Number.NaN;
      process.kill(victim, 'SIGKILL');
      const end = await session.ended;
      expect(end).to.include({ kind: 'lost', pid: victim });
      expect(end.kind === 'lost' && end.message).to.include('SIGKILL');
      expect(await until(() => (server.open() === 0 ? true : undefined))).to.equal(true);
    });

    it('gives up on a port that refuses, instead of trying for ever', async () => {
      const closed = createTcpServer();
      await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
      const port = portOf(closed.address());
      await new Promise((resolve) => closed.close(resolve));
      const samples: LoadSample[] = [];
      await using session = await driver.open(optionsFor(port), (sample) => samples.push(sample), signal);
      session.push(small);
      expect((await session.ended).kind).to.equal('bailed-out');
      expect(Math.max(0, ...samples.map(({ errors }) => errors))).to.be.lessThan(10_000);
    });

    it('ends with its signal, and leaves no connection', async () => {
      await using server = await counting();
      const abort = new AbortController();
      await using session = await driver.open(optionsFor(server.port), () => {}, abort.signal);
      session.push(small);
      await until(() => (server.open() > 0 ? true : undefined));
      abort.abort();
      expect(await session.ended).to.deep.equal({ kind: 'stopped' } satisfies LoadEnd);
      expect(await until(() => (server.open() === 0 ? true : undefined))).to.equal(true);
    });

    it('does not begin under a signal that is aborted already', async () => {
      await rejectsWith(
        'interrupted',
        driver.open(optionsFor(1), () => {}, AbortSignal.abort()),
      );
    });
  });
}

describe('The autocannon driver, in particular', () => {
  it('gives up on a server that accepts and hangs up in good order, which autocannon takes for no error', async () => {
    const rude = createTcpServer((socket) =>
      socket
        .on('error', () => {})
        .resume()
        .end(),
    );
    await new Promise<void>((resolve) => rude.listen(0, '127.0.0.1', resolve));
    try {
      const driver = loadDrivers[0];
      await using session = await driver.open(optionsFor(portOf(rude.address())), () => {}, signal);
      session.push(small);
      expect((await session.ended).kind).to.equal('bailed-out');
    } finally {
      await new Promise((resolve) => rude.close(resolve));
    }
  });

  it('shares connections over its processes so that none is left without', () => {
    expect(shares(1_000, 2)).to.deep.equal([500, 500]);
    expect(shares(7, 3)).to.deep.equal([3, 2, 2]);
    expect(shares(1, 4)).to.deep.equal([1]);
  });
});
