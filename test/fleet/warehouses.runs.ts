import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { z } from 'zod';
import { findBalancer } from '../../lab/fleet/balancer/index.js';
import { fleetResultSchema } from '../../lab/fleet/result.js';
import { localTarget } from '../../lab/targets/local.js';
import { orphansOf, startLab } from '../lab-process.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';

const documentSchema = z.object({
  dir: z.string(),
  conclusion: z.object({ verdict: z.string(), summary: z.string(), reasons: z.array(z.string()) }),
  fleet: fleetResultSchema,
});

/** How often each of both is run. */
const rounds = Number(process.env['LAB_TEST_ROUNDS'] ?? 1);

describe('a fleet whose instances call each other', function () {
  this.timeout(rounds * 180_000);
  let folder: TempFolder;

  before(async function () {
    const { signal } = new AbortController();
    const found = await findBalancer(localTarget(), 'haproxy', signal).catch(() => undefined);
    if (found === undefined) this.skip(); // haproxy is not installed
  });

  beforeEach(async () => {
    folder = await tempFolder();
  });

  afterEach(async () => {
    await folder[Symbol.asyncDispose]();
  });

  const run = async (...options: readonly string[]) => {
    const running = startLab(['run', 'warehouses', '--json', ...options], { LAB_RUNS: folder.path });
    const { exitCode, stdout, stderr } = await running.ended;
    expect(await orphansOf(running), stderr).to.deep.equal([]);
    const document = documentSchema.parse(JSON.parse(stdout));
    const { summary, reasons } = document.conclusion;
    expect(exitCode, `${summary}\n${reasons.join('\n')}\n${stderr}`).to.equal(0);
    return document;
  };

  it('is one finding that goes through all of them, while none of their cores shows a deadlock', async () => {
    for (let round = 0; round < rounds; round += 1) {
      const { fleet, dir } = await run('--recover');
      expect(fleet.hangs).to.have.members(['i1', 'i2']);
      const [finding, ...more] = fleet.findings;
      expect(more).to.deep.equal([]);
      expect(finding).to.include({ rule: 'across-processes', certainty: 'strong' });
      expect(finding?.instances.map(({ name }) => name)).to.have.members(['i1', 'i2']);
      expect(finding?.explanation).to.match(/of i1 has main\.Warehouse\.mu since/);
      expect(fleet.instances.map(({ diagnosis }) => diagnosis?.verdict)).to.deep.equal(['none', 'none']);
      // Each waited for the other: one restart is enough for both.
      expect(fleet.recovery?.steps).to.have.length(1);
      expect(fleet.recovery?.cameBack).to.have.length(1);
      expect(fleet.recovery?.serving).to.have.members(['i1', 'i2']);
      expect(existsSync(join(dir, 'diagnosis.json'))).to.equal(true);
    }
  });

  it('bears the same transfers when the lock is given back before the call', async () => {
    for (let round = 0; round < rounds; round += 1) {
      const { fleet } = await run('--fixed');
      expect(fleet.findings).to.deep.equal([]);
      expect(fleet.instances.map(({ state }) => state)).to.deep.equal(['serving', 'serving']);
    }
  });
});
