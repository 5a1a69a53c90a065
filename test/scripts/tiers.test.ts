import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { z } from 'zod';
import { projectRoot } from '../../lab/paths.js';

const tierSchema = z.looseObject({
  job: z.string(),
  ending: z.string(),
  first: z.array(z.string()).default([]),
});

async function load() {
  const url = pathToFileURL(join(projectRoot, 'scripts/setup/tiers.mjs')).href;
  const { tiers, everyTier } = await import(url);
  return { tiers: z.array(tierSchema).parse(tiers), everyTier: z.string().parse(everyTier) };
}

const read = (path: string) => readFile(join(projectRoot, path), 'utf8');

/** The files below test/ that mocha is to run: they describe something themselves. */
async function filesOfTests(): Promise<readonly string[]> {
  const entries = await readdir(join(projectRoot, 'test'), { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(projectRoot, join(entry.parentPath ?? entry.path, entry.name)));
  const texts = await Promise.all(paths.map(read));
  return paths.filter((_, i) => /^\s*(?:describe|it)(?:\.\w+)?\(/m.test(texts[i] ?? ''));
}

/** Those that another test runs, or that hold what several files of tests say alike. */
const withoutTier = ['test/targets/contract.ts', 'test/workshop/article-walk.ts'];

describe('the tiers of tests', () => {
  it('have each file of tests once, told by how its name ends', async () => {
    const { tiers } = await load();
    const endings = tiers.map(({ ending }) => ending);
    const tierless = (await filesOfTests()).filter((path) => {
      const ending = /\.([^./]+)\.ts$/.exec(path)?.[1];
      return ending === undefined || !endings.includes(ending);
    });
    expect(tierless.sort()).to.deep.equal(withoutTier);
    expect(new Set(endings).size).to.equal(endings.length);
  });

  it('have no file that holds no test', async () => {
    const { tiers } = await load();
    const files = new Set(await filesOfTests());
    const entries = await readdir(join(projectRoot, 'test'), { recursive: true });
    const named = entries.filter((path) => tiers.some(({ ending }) => path.endsWith(`.${ending}.ts`)));
    expect(named.filter((path) => !files.has(join('test', path)))).to.deep.equal([]);
    for (const { job, ending, first } of tiers) {
      const theirs = named.filter((path) => path.endsWith(`.${ending}.ts`));
      expect(theirs, job).not.to.deep.equal([]);
      expect(theirs).to.include.members(first.map((name) => `${name}.${ending}.ts`));
    }
  });

  it('are the same in package.json, CONTRIBUTING.md and .ci/run', async () => {
    const { tiers, everyTier } = await load();
    const jobs = tiers.map(({ job }) => job);
    const { scripts } = z
      .looseObject({ scripts: z.record(z.string(), z.string()) })
      .parse(JSON.parse(await read('package.json')));
    const inPackage = Object.entries(scripts).filter(([name]) => /^test(?::|$)/.test(name));
    expect(inPackage).to.deep.equal(
      [...jobs, everyTier].map((job) => [job, `node scripts/bootstrap.mjs ${job}`]),
    );
    const typed = jobs.map((job) => (job === 'test' ? 'npm test' : `npm run ${job}`));
    const inRows = [...(await read('CONTRIBUTING.md')).matchAll(/^\| `(npm (?:run )?test\S*)` \|/gm)];
    expect(inRows.map(([, command]) => command)).to.deep.equal(typed);
    const inCi = [...(await read('.ci/run')).matchAll(/^counted \d+m (npm (?:run )?test\S*)/gm)];
    expect(inCi.map(([, command]) => command)).to.deep.equal(typed);
  });

  it('leave CI less time together than it has', async () => {
    const minutes = [...(await read('.ci/run')).matchAll(/^counted (\d+)m /gm)].map(([, m]) => Number(m));
    expect(minutes.reduce((sum, m) => sum + m, 0)).to.be.below(95);
  });
});
