import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { z } from 'zod';
import { findBalancer } from '../../lab/fleet/balancer/index.js';
import { fleetResultSchema } from '../../lab/fleet/result.js';
import { localTarget } from '../../lab/targets/local.js';
import { lab, orphansOf, startLab } from '../lab-process.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';

const documentSchema = z.object({
  dir: z.string(),
  conclusion: z.object({ verdict: z.string(), summary: z.string(), reasons: z.array(z.string()) }),
  fleet: fleetResultSchema,
});

/** The whole of it as it is typed; each of these takes cores and as long as a hang takes to come. */
describe('a fleet', function () {
  this.timeout(180_000);
  let folder: TempFolder;
  let env: Record<string, string>;

  before(async function () {
    const { signal } = new AbortController();
    const found = await findBalancer(localTarget(), 'haproxy', signal).catch(() => undefined);
    if (found === undefined) this.skip(); // haproxy is not installed
  });

  beforeEach(async () => {
    folder = await tempFolder();
    env = { LAB_RUNS: folder.path };
  });

  afterEach(async () => {
    await folder[Symbol.asyncDispose]();
  });

  const run = async (...options: readonly string[]) => {
    const running = startLab(['run', 'fleet', '--json', ...options], env);
    const { exitCode, stdout, stderr } = await running.ended;
    expect(await orphansOf(running), stderr).to.deep.equal([]);
    return { exitCode, stderr, document: documentSchema.parse(JSON.parse(stdout)) };
  };

  it('hangs instance by instance, is well by TCP and not by HTTP, and has one root cause', async () => {
    const { exitCode, stderr, document } = await run();
    const { fleet, conclusion, dir } = document;
    expect(exitCode, `${conclusion.summary}\n${conclusion.reasons.join('\n')}\n${stderr}`).to.equal(0);
    expect(fleet.hangs.length).to.be.at.least(2);
    expect(fleet.findings).to.have.length(1);
    expect(fleet.findings[0]?.instances.map(({ name }) => name)).to.have.members(fleet.hangs);
    for (const instance of fleet.instances.filter(({ hungAt }) => hungAt !== null)) {
      expect(instance.diagnosis?.verdict, instance.name).to.equal('deadlock');
      expect(instance.seenByHttpMs, 'HTTP').not.to.equal(null);
      expect(instance.seenByTcpMs, 'TCP').to.equal(null);
      expect(existsSync(join(dir, instance.core ?? 'none')), instance.name).to.equal(true);
    }
    expect(fleet.checklist.map(({ outcome }) => outcome)).to.deep.equal(['holds', 'holds', 'holds']);
    expect(existsSync(join(dir, 'report.html'))).to.equal(true);
    const claims = await lab(['checklist', dir, '--json'], env);
    expect(claims.exitCode, claims.stderr).to.equal(0);
  });

  it('is brought back by a rolling restart, without a request lost, where only connections are checked', async () => {
    const { exitCode, stderr, document } = await run('--health-check', 'tcp', '--recover');
    const { recovery, hangs } = document.fleet;
    expect(exitCode, `${document.conclusion.reasons.join('\n')}\n${stderr}`).to.equal(0);
    expect(recovery?.steps.map(({ name }) => name)).to.have.members(hangs);
    expect(recovery?.visits.failed).to.equal(0);
    expect(recovery?.serving).to.have.members(['i1', 'i2', 'i3']);
  });

  it('bears the load when it is repaired, on hosts of its own', async function () {
    if (process.getuid?.() !== 0) this.skip();
    const { exitCode, stderr, document } = await run('--fixed', '--hosts', 'namespaces', '--instances', '2');
    const { instances, findings } = document.fleet;
    expect(exitCode, `${document.conclusion.reasons.join('\n')}\n${stderr}`).to.equal(0);
    expect(findings).to.deep.equal([]);
    expect(instances.map(({ diagnosis }) => diagnosis?.verdict)).to.deep.equal(['none', 'none']);
    expect(instances.every(({ url }) => url.startsWith('http://198.'))).to.equal(true);
  });
});
