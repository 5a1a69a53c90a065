import { cp, mkdir, readdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { projectRoot } from '../lab/paths.js';
import { type TempFolder, tempFolder } from './temp-folder.js';

interface Recipe {
  readonly name: string;
  /** Title of its chapter in CONTRIBUTING. */
  readonly chapter: string;
  /** Compiled files of tests that the change brings or that tell what it lacks. */
  readonly tests: readonly string[];
  readonly file: string;
  /** What it adds or changes. */
  readonly paths: readonly string[];
}

/** A change of each kind that people come with, as somebody might make it who has read CONTRIBUTING alone. */
async function recipesIn(folder: string): Promise<readonly Recipe[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.diff')).sort();
  return await Promise.all(
    names.map(async (name) => {
      const file = join(folder, name);
      const text = await readFile(file, 'utf8');
      return {
        ...{ name, file, chapter: /^Recipe: (.+)$/m.exec(text)?.[1] ?? '' },
        tests: (/^Tests: (.+)$/m.exec(text)?.[1] ?? '').split(' '),
        paths: [...text.matchAll(/^\+\+\+ b\/(.+)$/gm)].map(([, path = '']) => path),
      };
    }),
  );
}

const recipes = await recipesIn(join(projectRoot, 'test', 'recipes'));
/** What the project is made of that is compiled or read by these tests. */
const parts = ['lab', 'test', 'docs', 'scripts', 'bench', 'score', '.ci', 'helpers', 'go-server', 'workshop'];
const files = ['package.json', 'tsconfig.json', 'CONTRIBUTING.md', 'README.md'];

describe('the recipes of CONTRIBUTING', function () {
  this.timeout(300_000);
  let copy: TempFolder;

  before(async () => {
    copy = await tempFolder();
    const filter = (path: string) => !/\/(?:fixtures\/real|vendor|\.cache)$/.test(path);
    for (const part of [...parts, ...files])
      await cp(join(projectRoot, part), copy.file(part), { recursive: true, filter });
    await symlink(join(projectRoot, 'node_modules'), copy.file('node_modules'));
    await mkdir(copy.file('dist'));
  });

  after(async () => await copy?.[Symbol.asyncDispose]());

  it('are eight', () => {
    expect(recipes).to.have.length(8);
    expect(new Set(recipes.map(({ chapter }) => chapter)).size).to.equal(8);
  });

  for (const { name, chapter, paths } of recipes) {
    it(`name every file that a change of their kind touches: ${name}`, async () => {
      const text = await readFile(join(projectRoot, 'CONTRIBUTING.md'), 'utf8');
      const told = text.split(/^## /m).find((part) => part.startsWith(`${chapter}\n`)) ?? '';
      const named = [...told.matchAll(/[\w./-]+/g)].map(([word]) => word.replace(/\/$/, ''));
      const isNamed = (path: string) =>
        named.some((one) => path === one || (one.includes('/') && path.startsWith(`${one}/`))) ||
        path.startsWith('test/');
      expect(paths.length).to.be.above(1);
      expect(paths.filter((path) => !isNamed(path))).to.deep.equal([]);
    });
  }

  it('lead to what compiles, and to what their tests have nothing against', async () => {
    const at = { cwd: copy.path, env: { GIT_CEILING_DIRECTORIES: join(copy.path, '..') } };
    for (const { file } of recipes) await execa('git', ['apply', '--whitespace=nowarn', file], at);
    const compile = (...args: readonly string[]) =>
      execa(process.execPath, ['node_modules/typescript/bin/tsc', ...args], { ...at, reject: false });
    expect(await compile('-p', 'tsconfig.json')).to.include({ exitCode: 0, stdout: '' });
    expect(await compile('-p', 'lab/web')).to.include({ exitCode: 0, stdout: '' });
    const tests = new Set(recipes.flatMap((recipe) => recipe.tests));
    const mocha = ['node_modules/mocha/bin/mocha.js', '--timeout', '60000', '--reporter', 'dot', ...tests];
    // What the lab builds once is there already.
    const env = { ...at.env, LAB_CACHE: process.env['LAB_CACHE'] ?? join(projectRoot, '.cache') };
    const { exitCode, all } = await execa(process.execPath, mocha, { ...at, env, all: true, reject: false });
    expect(exitCode, all).to.equal(0);
  });
});
