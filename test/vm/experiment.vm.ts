import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { diagnosisSchema } from '../../lab/analysis/model/diagnosis.js';
import { bundleSchema } from '../../lab/capture/bundle.js';
import { shapeOf } from '../shape-of.js';
import { copiedRun, labInVm, leftovers } from './lab-in-vm.js';

describe('the experiment in a VM', function () {
  this.timeout(9 * 60_000);

  it('comes to the diagnosis of this machine, with all claims held and everything at home', async () => {
    const before = await leftovers();
    await using vm = await labInVm();
    const run = await vm.lab(['run', 'blog', '--target', 'vagrant']);
    expect(run.exitCode, run.stderr.slice(-4_000)).to.equal(0);
    const there = run.document as { dir: string; stages: Record<string, { result?: unknown }> };
    const diagnosis = diagnosisSchema.parse(
      JSON.parse(await readFile(join(there.dir, 'diagnosis.json'), 'utf8')),
    );

    const local = await vm.lab(['run', 'blog', '--port', '0', '--pprof-port', '0']);
    expect(local.exitCode, local.stderr.slice(-4_000)).to.equal(0);
    const here = local.document as { dir: string };
    const own = diagnosisSchema.parse(JSON.parse(await readFile(join(here.dir, 'diagnosis.json'), 'utf8')));
    expect(shapeOf(diagnosis)).to.deep.equal(shapeOf(own));

    const rows = JSON.parse(await readFile(join(there.dir, 'checklist.json'), 'utf8')) as {
      outcome: string;
    }[];
    expect(rows.filter(({ outcome }) => outcome === 'fails' || outcome === 'not-observed')).to.deep.equal([]);
    const { size } = bundleSchema.parse(there.stages['capture']?.result);
    expect((size.transferred ?? Number.POSITIVE_INFINITY) / size.apparent).to.be.below(0.05);

    // What was compiled in the guest is read from what the run kept, wherever the run lies.
    const moved = await copiedRun(there.dir, vm.folder);
    const again = await vm.lab(['analyze', '--run', moved]);
    expect(again.exitCode, again.stderr).to.equal(1);
    expect(shapeOf(diagnosisSchema.parse(again.document))).to.deep.equal(shapeOf(own));
    expect(await leftovers()).to.deep.equal(before);
  });
});
