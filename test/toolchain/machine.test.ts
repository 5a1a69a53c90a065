import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { expect } from 'chai';
import {
  hasPtraceCapability,
  parseAvailableBytes,
  parseAvailableMemory,
  parseCoreLimit,
  parseListeningPorts,
  parseOpenFileLimit,
} from '../../lab/toolchain/machine.js';

describe('what the kernel tells about the machine', () => {
  it('reads limits, unlimited ones too', () => {
    const limits = [
      'Limit                     Soft Limit           Hard Limit           Units     ',
      'Max core file size        0                    unlimited            bytes     ',
      'Max open files            1024                 524288               files     ',
    ].join('\n');
    expect(parseOpenFileLimit(limits)).to.deep.equal({ soft: 1024, hard: 524288 });
    expect(parseCoreLimit(limits)).to.deep.equal({ soft: 0, hard: Number.POSITIVE_INFINITY });
    expect(parseOpenFileLimit('')).to.equal(undefined);
  });

  it('sees a port that is really listened on, and not once it is closed', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = address !== null && typeof address === 'object' ? address.port : 0;
    expect(parseListeningPorts(await readFile('/proc/net/tcp', 'utf8')).has(port)).to.equal(true);
    await new Promise((resolve) => server.close(resolve));
    expect(parseListeningPorts(await readFile('/proc/net/tcp', 'utf8')).has(port)).to.equal(false);
  });

  it('reads free disk and memory', () => {
    const df = 'Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/vda 100 40 60 40% /\n';
    expect(parseAvailableBytes(df)).to.equal(60 * 1024);
    expect(parseAvailableBytes('df: nothing')).to.equal(undefined);
    expect(parseAvailableMemory('MemTotal: 9 kB\nMemAvailable:   24314880 kB\n')).to.equal(24314880 * 1024);
  });

  it('reads the ptrace capability out of the mask', () => {
    expect(hasPtraceCapability('CapEff:\t000001fffeffffff\n')).to.equal(true);
    expect(hasPtraceCapability('CapEff:\t0000000000000000\n')).to.equal(false);
    expect(hasPtraceCapability('CapEff:\t00000000a80425fb\n')).to.equal(false);
  });
});
