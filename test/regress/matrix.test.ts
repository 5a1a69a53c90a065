import { expect } from 'chai';
import { listOf, planCells, selectNames, type ToolPair } from '../../lab/regress/matrix.js';
import { whyUnfit } from '../../lab/regress/toolchains.js';
import { parseGoVersion } from '../../lab/toolchain/versions.js';
import { rejectsWith } from '../rejects.js';

const release = (text: string) => {
  const version = parseGoVersion(text);
  if (version === undefined) throw new Error(text);
  return version;
};
const pair = (go: string, delve: string, unfit?: string): ToolPair => ({
  go: { path: `/go${go}/bin/go`, version: go, release: release(`go${go}`) },
  delve: { path: `/dlv${delve}`, version: delve },
  ...(unfit === undefined ? {} : { unfit }),
});

describe('the matrix of a regression', () => {
  const shops = [{ name: 'shop' }, { name: 'stall' }];

  it('has a cell for every scenario, faulty and fixed, and every pair of tools, each with an id of its own', () => {
    const cells = planCells(shops, [pair('1.19.8', '1.20.2'), pair('1.26.8', '1.27.2')]);
    expect(cells).to.have.length(8);
    expect(new Set(cells.map(({ id }) => id)).size).to.equal(8);
    expect(cells[0]).to.deep.equal({
      id: 'shop-faulty-go1.19.8-dlv1.20.2',
      scenario: 'shop',
      variant: 'faulty',
      go: '1.19.8',
      delve: '1.20.2',
    });
  });

  it('keeps the cells of a pair that does not fit, with the reason', () => {
    const cells = planCells(shops, [pair('1.19.8', '1.27.2', 'too new')]);
    expect(cells.map(({ notApplicable }) => notApplicable)).to.deep.equal(Array(4).fill('too new'));
  });

  it('says why a Delve does not read what a Go builds', () => {
    expect(whyUnfit('1.27.2', { release: release('go1.19.8') })).to.match(/Go 1\.25 to 1\.27 only/);
    expect(whyUnfit('1.25.2', { release: release('go1.25.1') })).to.match(/DWARF 5 of go1\.25\.1/);
  });

  it('selects scenarios by a glob, and names them all when none matches', async () => {
    const names = (glob: string | undefined) => selectNames(shops, glob).map(({ name }) => name);
    expect(names(undefined)).to.deep.equal(['shop', 'stall']);
    expect(names('s*p')).to.deep.equal(['shop']);
    expect(names('{stall,shop}')).to.deep.equal(['shop', 'stall']);
    const error = await rejectsWith('usage', (async () => names('kiosk'))());
    expect(error.hint).to.contain('shop, stall');
  });

  it('reads comma-separated lists without repetitions', () => {
    expect(listOf(' 1.19, 1.23,,1.19 ')).to.deep.equal(['1.19', '1.23']);
    expect(listOf(undefined)).to.deep.equal([]);
  });
});
