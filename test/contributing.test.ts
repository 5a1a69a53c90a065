import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { projectRoot } from '../lab/paths.js';

describe('CONTRIBUTING', () => {
  it('names files and folders that are there, and the words that it says are in them', async () => {
    const text = await readFile(join(projectRoot, 'CONTRIBUTING.md'), 'utf8');
    const named = [...text.matchAll(/`((?:lab|helpers|test|scripts|docs)\/[\w./-]+?)\/?`/g)].map(
      ([, path = '']) => path,
    );
    expect(named.length).to.be.greaterThan(25);
    for (const path of named)
      expect(await stat(join(projectRoot, path)).catch(() => undefined), path).to.not.equal(undefined);
    const said = [...text.matchAll(/`(\w{9,})` in `([\w./-]+\.ts)`/g)];
    expect(said.length).to.be.greaterThan(1);
    for (const [, word = '', path = ''] of said)
      expect(await readFile(join(projectRoot, path), 'utf8'), path).to.contain(word);
  });

  it('has a recipe for each kind of change that people come with', async () => {
    const text = await readFile(join(projectRoot, 'CONTRIBUTING.md'), 'utf8');
    const titles = [...text.matchAll(/^## (.+)$/gm)].map(([, title]) => title);
    expect(titles).to.include.members([
      'A deadlock rule',
      'A wait reason',
      'An architecture',
      'An input',
      'A load driver, a load balancer, a capture method, a target',
      "A finding's wording",
      'A chart',
      'A Go version',
    ]);
  });
});
