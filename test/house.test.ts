import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { projectRoot } from '../lab/paths.js';
import { circlesIn, folderGraphs, sourceGraph } from './import-graph.js';

const longest = 300;

describe('the house', function () {
  this.timeout(30_000);

  for (const folder of ['lab', 'test']) {
    it(`has no circle of files or of folders in ${folder}/, types included`, async () => {
      const files = await sourceGraph(folder);
      expect(files.size).to.be.above(100);
      const circles = [files, ...folderGraphs(files)].flatMap(circlesIn);
      expect(circles.map((names) => names.join(' '))).to.deep.equal([]);
    });
  }

  it('would see them: files that name each other, and folders that do so by different files', () => {
    const files = new Map([
      ['a/b/one.ts', ['a/c/two.ts']],
      ['a/c/two.ts', []],
      ['a/c/three.ts', ['a/b/four.ts']],
      ['a/b/four.ts', ['a/five.ts']],
      ['a/five.ts', ['a/b/one.ts']],
    ]);
    expect(circlesIn(files)).to.deep.equal([]);
    expect(folderGraphs(files).flatMap(circlesIn)).to.deep.equal([['a/b', 'a/c']]);
    files.set('a/c/two.ts', ['a/c/three.ts']);
    expect(circlesIn(files).map((names) => names.length)).to.deep.equal([5]);
  });

  it(`has no file of more than ${longest} lines`, async () => {
    const long: string[] = [];
    for (const folder of ['lab', 'test', 'scripts', 'bench', 'score', 'helpers', 'go-server']) {
      const names = await readdir(join(projectRoot, folder), { recursive: true });
      const ours = names.filter((one) => /\.(?:tsx?|mjs|cjs|go)$/.test(one) && !/(?:^|\/)vendor\//.test(one));
      for (const name of ours) {
        const text = await readFile(join(projectRoot, folder, name), 'utf8');
        const lines = text.split('\n').length - 1;
        if (lines > longest) long.push(`${folder}/${name}: ${lines}`);
      }
    }
    expect(long).to.deep.equal([]);
  });
});
