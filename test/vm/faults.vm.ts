import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { expect } from 'chai';
import { z } from 'zod';
import { bundleSchema } from '../../lab/capture/bundle.js';
import { poll } from '../../lab/deadline.js';
import type { LabProcess } from '../lab-process.js';
import { type KeptVm, keptVm } from './kept-vm.js';
import type { VmResult } from './lab-in-vm.js';

const { signal } = new AbortController();
/** The tier has ten minutes in CI: what takes long and differs little from others is asked for. */
const all = process.env['LAB_VM_ALL'] === '1';
const itIfAll = all ? it : it.skip;
const run = ['run', 'blog', '--target', 'vagrant'];

const failureSchema = z.looseObject({
  error: z.looseObject({ code: z.string(), message: z.string(), hint: z.string() }),
  exitCode: z.number(),
});

function failureOf({ document, stderr }: VmResult) {
  const failure = failureSchema.safeParse(document);
  expect(failure.success, stderr.slice(-3_000)).to.equal(true);
  return {
    ...(failure.data?.error ?? { code: '', message: '', hint: '' }),
    exitCode: failure.data?.exitCode,
  };
}

const runSchema = z.looseObject({
  dir: z.string(),
  stages: z.record(z.string(), z.looseObject({ result: z.unknown(), ms: z.number() })),
});

describe('faults of the VM', function () {
  this.timeout(10 * 60_000);
  let vm: KeptVm;

  before(async function () {
    this.timeout(15 * 60_000);
    vm = await keptVm();
    const { exitCode, stderr } = await vm.lab(['provision', 'blog', '--target', 'vagrant']);
    expect(exitCode, stderr).to.equal(0);
    await vm.remember();
  });
  after(async () => {
    await vm[Symbol.asyncDispose]();
  });

  /** Starts a run and waits until it says that it is at that point. */
  async function at(text: string): Promise<LabProcess> {
    const lab = vm.start([...run, '--json']);
    await lab.said(text, 3 * 60_000);
    return lab;
  }

  it('a clock that is off by hours, connections that are cut while the core is written and brought: nothing of it matters', async () => {
    await vm.guest('date -s "7 hours ago"');
    const lab = await at('capture    gcore of pid');
    const written = async (): Promise<true | undefined> =>
      (await vm.guest('find /home/vagrant /tmp -name core -size +1M | grep .')).exitCode === 0
        ? true
        : undefined;
    expect(await poll(written, { signal, deadlineMs: 60_000, everyMs: 100 })).to.equal(true);
    await vm.cutConnections();
    await lab.said('the core is taken once more', 2 * 60_000);
    await lab.said('capture    core: ', 2 * 60_000);
    await vm.cutConnections();
    const { exitCode, stdout, stderr } = await lab.ended;
    expect(exitCode, stderr.slice(-4_000)).to.equal(0);
    const { stages } = runSchema.parse(JSON.parse(stdout));
    const bundle = bundleSchema.parse(stages['capture']?.result);
    const hash = createHash('sha256');
    await pipeline(createReadStream(bundle.core), hash);
    expect(hash.digest('hex')).to.equal(bundle.sha256.core);
    for (const { ms } of Object.values(stages)) expect(ms).to.be.within(0, 10 * 60_000);
    await vm.guest(`date -s @${Math.floor(Date.now() / 1000)}`);
  });

  it('a full disk: says whose, and what is missing', async () => {
    const free = '$(($(df --output=avail -B1M / | tail -1) - 300))M';
    expect((await vm.guest(`fallocate -l ${free} /filler`)).exitCode).to.equal(0);
    const failure = failureOf(await vm.lab(run));
    await vm.guest('rm /filler');
    expect(failure).to.include({ code: 'no-space', exitCode: 69 });
    expect(failure.message).to.contain('server-test-1');
    expect(failure.hint).to.match(/free \d+ MB there/);
    expect((await vm.guest('pgrep -x server')).exitCode).to.equal(1);
  });

  it('two at once: the second is told which process has the machine', async () => {
    const first = await at('provision  ');
    const failure = failureOf(await vm.lab(run));
    expect(failure).to.include({ code: 'target', exitCode: 69 });
    expect(failure.message).to.contain(`another lab, process ${first.pid}`);
    first.kill('SIGINT');
    expect((await first.ended).exitCode).to.equal(130);
  });

  const points = [
    { stage: 'build', text: 'build      ', always: false },
    { stage: 'load', text: 'load       ', always: false },
    { stage: 'the core', text: 'capture    gcore of pid', always: true },
    { stage: 'its way home', text: 'capture    core: ', always: false },
  ];
  for (const { stage, text, always } of points) {
    (always ? it : itIfAll)(
      `no power in the middle of ${stage}: ends, says so, and is not taken for a hang`,
      async () => {
        const lab = await at(text);
        await vm.cutPower();
        const cut = performance.now();
        const { exitCode, stdout, stderr } = await lab.ended;
        process.stdout.write(
          `      ended ${((performance.now() - cut) / 1_000).toFixed(0)} s after the cut\n`,
        );
        expect(exitCode, stderr.slice(-3_000)).to.equal(69);
        const failure = failureOf({ exitCode, stdout, stderr, document: JSON.parse(stdout) });
        expect(failure.message).to.contain('server-test-1 was stopped');
        expect(performance.now() - cut).to.be.below(150_000);
        await vm.recall();
      },
    );
  }

  it('a port that is taken: names the option; then the machine is brought up again after its power was cut', async () => {
    await vm.cutPower();
    // What forwarded this port to the machine does not notice that it is gone; somebody else cannot have it so long.
    await vm.inside(['sh', '-c', 'kill $(ss -ltnpH "sport = :10080" | grep -o "pid=[0-9]*" | cut -d= -f2)']);
    const taken = [
      'node',
      '-e',
      'require("net").createServer().listen(10080, "127.0.0.1", () => console.log())',
    ];
    const holder = vm.inside(['timeout', '60', ...taken]);
    const holds = async (): Promise<true | undefined> =>
      (await vm.inside(['ss', '-ltnH', 'sport = :10080'])).stdout.includes('10080') ? true : undefined;
    expect(await poll(holds, { signal, deadlineMs: 30_000, everyMs: 100 })).to.equal(true);
    const failure = failureOf(await vm.lab(['provision', 'blog', '--target', 'vagrant']));
    expect(failure).to.include({ code: 'port-taken', exitCode: 69 });
    expect(failure.hint).to.contain('LAB_PORT_10080=11080');
    await vm.inside(['sh', '-c', 'kill $(ss -ltnpH "sport = :10080" | grep -o "pid=[0-9]*" | cut -d= -f2)']);
    await holder;
    const again = await vm.lab(['provision', 'blog', '--target', 'vagrant']);
    expect(again.exitCode, again.stderr.slice(-3_000)).to.equal(0);
    const log = await readFile(
      join(runSchema.parse({ stages: {}, ...Object(again.document) }).dir, 'vagrant.log'),
      'utf8',
    );
    expect(log).to.contain('up server-test-1');
  });
});
