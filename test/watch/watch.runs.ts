import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { diagnosisSchema } from '../../lab/analysis/model/diagnosis.js';
import { poll } from '../../lab/deadline.js';
import { projectRoot } from '../../lab/paths.js';
import { episodesIn } from '../../lab/watch/folder.js';
import { buildGo, type GoProgram, hasGo, serve } from '../go-program.js';
import { startLab } from '../lab-process.js';
import { hang } from './payments.js';

const { signal } = new AbortController();
const goServer = join(projectRoot, 'go-server');

describe('lab watch, as it is typed', function () {
  this.timeout(240_000);
  let program: GoProgram;

  before(async function () {
    if (!(await hasGo())) this.skip();
    program = await buildGo(goServer, './audit');
  });

  after(async () => await program?.[Symbol.asyncDispose]());

  it('takes one core of a hang, none of a pause, tells of it, and none again when it was killed itself', async () => {
    const { folder, exe } = program;
    await using service = await serve([exe, '-pprof-addr', ''], folder, signal);
    const { pid } = service.process.identity;
    const dir = folder.file('hangs');
    const said: string[] = [];
    const webhook = createServer((request, response) => {
      request.on('data', (piece: Buffer) => said.push(piece.toString()));
      request.on('end', () => response.end());
    });
    webhook.listen(0, '127.0.0.1');
    await once(webhook, 'listening');
    const notify = `http://127.0.0.1:${(webhook.address() as AddressInfo).port}/`;
    const line = folder.file('line');
    const afterwards = `echo "$LAB_VERDICT $LAB_FINGERPRINT" > ${line}`;
    const args = ['watch', '--pid', String(pid), '--probe', `${service.url}balances/ann`, '-o', dir];
    const watch = startLab([...args, '--notify', notify, '--then', afterwards]);
    try {
      await watch.said(`watching process ${pid}`);
      process.kill(pid, 'SIGSTOP');
      await watch.said('no hang (paused)');
      process.kill(pid, 'SIGCONT');
      expect(await episodesIn(dir)).to.deep.equal([]);
      hang(service.url);
      await watch.said('caught in', 120_000);
      const [caught, ...more] = await episodesIn(dir);
      expect(more).to.deep.equal([]);
      expect(caught?.episode).to.include({ pid, verdict: 'deadlock' });
      expect(caught?.episode.pausedMs).to.be.below(1_000);
      const text = await readFile(join(caught?.dir ?? '', 'diagnosis.json'), 'utf8');
      const diagnosis = diagnosisSchema.parse(JSON.parse(text));
      expect(diagnosis.findings[0]).to.include({ rule: 'channel-lock' });
      expect(diagnosis.fingerprint)
        .to.match(/^cause-/)
        .and.to.equal(caught?.episode.fingerprint);
      expect(await readFile(line, 'utf8')).to.equal(`deadlock ${diagnosis.fingerprint}\n`);
      const heard = await poll(() => said[0], { signal, deadlineMs: 20_000, everyMs: 50 });
      expect(JSON.parse(heard ?? '')).to.include({ folder: caught?.dir, verdict: 'deadlock', pid });
    } finally {
      watch.kill('SIGKILL');
      await watch.ended;
      webhook.close();
    }
    const again = startLab(args);
    await again.said(`watching process ${pid}`);
    const second = async () => ((await episodesIn(dir)).length > 1 ? true : undefined);
    expect(await poll(second, { signal, deadlineMs: 12_000, everyMs: 200 })).to.equal(undefined);
    await service.process.kill('SIGKILL');
    expect((await again.ended).exitCode).to.equal(0);
  });

  it('takes no core when the day has none left, and ends with the process', async () => {
    const { folder, exe } = program;
    await using service = await serve([exe, '-pprof-addr', ''], folder, signal);
    const { pid } = service.process.identity;
    const dir = folder.file('none');
    const args = ['watch', '--pid', String(pid), '--probe', `${service.url}balances/ann`, '-o', dir];
    const watch = startLab([...args, '--captures-per-day', '0']);
    await watch.said(`watching process ${pid}`);
    hang(service.url);
    await watch.said('no core is taken');
    expect(await episodesIn(dir)).to.deep.equal([]);
    await service.process.kill('SIGKILL');
    const { exitCode, stderr } = await watch.ended;
    expect([exitCode, stderr.match(/no core is taken/g)?.length]).to.deep.equal([0, 1]);
  });

  it('takes little of the machine while all is well', async () => {
    const { folder, exe } = program;
    await using service = await serve([exe, '-pprof-addr', ''], folder, signal);
    const { pid } = service.process.identity;
    const args = ['watch', '--pid', String(pid), '--probe', `${service.url}balances/ann`];
    const watch = startLab([...args, '-o', folder.file('calm')]);
    await watch.said(`watching process ${pid}`);
    const cpuTicks = async () => {
      const stat = await readFile(`/proc/${watch.pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return Number(fields[11]) + Number(fields[12]);
    };
    // What it takes to begin, with everything loaded by the first probes, is not counted.
    const begun = performance.now() + 5_000;
    await poll(() => (performance.now() > begun ? true : undefined), {
      signal,
      deadlineMs: 6_000,
      everyMs: 100,
    });
    const [ticks, from] = [await cpuTicks(), performance.now()];
    await poll(() => (performance.now() - from > 20_000 ? true : undefined), {
      signal,
      deadlineMs: 21_000,
      everyMs: 200,
    });
    const share = ((await cpuTicks()) - ticks) / ((performance.now() - from) / 10);
    const rss =
      Number(/^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${watch.pid}/status`, 'utf8'))?.[1]) / 1_024;
    watch.kill('SIGTERM');
    await watch.ended;
    console.log(`      ${(share * 100).toFixed(2)} % of a processor, ${rss.toFixed(0)} MiB`);
    expect(rss).to.be.below(100);
    expect(share).to.be.below(0.02);
  });
});
