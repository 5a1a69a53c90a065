import { expect } from 'chai';
import { fleetResultSchema } from '../../lab/fleet/result.js';
import { labInVm, leftovers } from './lab-in-vm.js';

describe('a fleet in a VM', function () {
  this.timeout(15 * 60_000);

  it('hangs as one on this machine does, with one cause and every core at home', async () => {
    const before = await leftovers();
    await using vm = await labInVm();
    const run = await vm.lab(['run', 'fleet', '--target', 'vagrant']);
    expect(run.exitCode, run.stderr.slice(-4_000)).to.equal(0);
    const { fleet } = run.document as { fleet: unknown };
    const { findings, instances } = fleetResultSchema.parse(fleet);
    expect(findings.map((one) => one.rule)).to.deep.equal(['self-blocked-consumer']);
    expect(findings[0]?.instances).to.have.length(3);
    expect(instances.map(({ core }) => typeof core)).to.deep.equal(['string', 'string', 'string']);
    expect(await leftovers()).to.deep.equal(before);
  });
});
