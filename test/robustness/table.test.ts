import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { projectRoot } from '../../lab/paths.js';
import { refusedArguments } from './refused-arguments.js';
import type { Row } from './row.js';
import { chapters } from './rows.js';
import { typedRows } from './typed-rows/index.js';

const page = join(projectRoot, 'docs/robustness.md');
const intro = `# Bad inputs and faults

What the lab does with them. Each row is tried by a test (\`test/robustness/rows.ts\` has the rows, \`expectRow\` the
tests; what one line in a shell can try stands in \`typed-rows/\`, and \`inputs.runs.ts\` types it), and this page is
written from the rows: \`LAB_TEST_WRITE_DOCS=1 npm test -- dist/test/robustness/table.test.js\`.
Damage at random is tried by \`npm run test:fuzz\`.
`;

const cell = (text: string | number) => String(text).replaceAll('|', '\\|');

function table(rows: readonly Row[]): string {
  return [
    '| input | what happens | exit |',
    '|---|---|---|',
    ...rows.map(({ input, happens, exit }) => `| ${[input, happens, exit].map(cell).join(' | ')} |`),
  ].join('\n');
}

describe('docs/robustness.md', () => {
  it('is what the rows say', async () => {
    const all = { Arguments: refusedArguments, ...typedRows, ...chapters };
    const parts = Object.entries(all).map(
      ([title, rows]) => `\n## ${title}\n\n${table(Object.values(rows))}\n`,
    );
    const text = intro + parts.join('');
    if (process.env['LAB_TEST_WRITE_DOCS'] === '1') await writeFile(page, text);
    expect(await readFile(page, 'utf8')).to.equal(text);
  });

  it('has only rows that a test tries, each told once', async () => {
    const ids = Object.values(chapters).flatMap((rows) => Object.keys(rows));
    expect(new Set(ids).size).to.equal(ids.length);
    const sources = await Promise.all(
      (await readdir(join(projectRoot, 'test'), { recursive: true }))
        .filter((name) => /\.(?:test|runs|cores|fuzz)\.ts$/.test(name))
        .map((name) => readFile(join(projectRoot, 'test', name), 'utf8')),
    );
    const tried = sources.flatMap((text) =>
      [...text.matchAll(/expectRow\(\s*'([\w-]+)'/g)].map(([, id]) => id),
    );
    expect(ids.filter((id) => !tried.includes(id))).to.deep.equal([]);
  });
});
