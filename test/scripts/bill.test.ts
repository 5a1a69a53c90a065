import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { projectRoot } from '../../lab/paths.js';
import type { GoTool } from '../../lab/toolchain/go.js';
import { parseGoVersion } from '../../lab/toolchain/versions.js';
import { writeBill } from '../../scripts/release/bill.js';
import { tempFolder } from '../temp-folder.js';

describe('the bill of materials of a release', function () {
  this.timeout(60_000);

  it('has the same bytes wherever the checkout lies, and names the package', async () => {
    await using folder = await tempFolder();
    const release = parseGoVersion('go1.26.8');
    if (release === undefined) throw new Error('a version');
    const go: GoTool = { path: 'go', version: '1.26.8', release };
    const time = new Date('2026-11-30T00:00:00Z');
    const bills = ['one', 'another'].map(async (name) => {
      const root = folder.file(name);
      await mkdir(root);
      for (const file of ['package.json', 'package-lock.json'])
        await copyFile(join(projectRoot, file), join(root, file));
      const bill = join(root, 'sbom.cdx.json');
      await writeBill(root, { go, modules: [], time }, bill);
      return await readFile(bill, 'utf8');
    });
    const [one = '', another] = await Promise.all(bills);
    expect(another).to.equal(one);
    expect(JSON.parse(one).metadata.component.name).to.equal('go-deadlock-lab');
  });
});
