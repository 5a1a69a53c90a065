import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { analyze, compare, LabError, parseDump } from 'go-deadlock-lab';
import { projectRoot } from '../../lab/paths.js';
import { apiReport, reportFile } from './api-report.js';
import { waitsIn, whoStoodStill, whyItHangs } from './examples.js';

const dumpFile = (name: string): string => join(projectRoot, 'test/fixtures/dumps', name);
const dump = (name: string): Promise<string> => readFile(dumpFile(name), 'utf8');

describe('the library', () => {
  it('reads every dump of a text, and tells by its code that there is none', async () => {
    const dumps = await parseDump(await dump('go1.25/debug2.txt'));
    expect(dumps).to.have.length(1);
    expect(dumps[0]?.goroutines).to.be.greaterThan(5);
    const nothing = await parseDump('all is well').catch((error: unknown) => error);
    expect(nothing).to.be.instanceOf(LabError).with.property('code', 'usage');
  });

  it('diagnoses a dump from a file and from its text alike', async () => {
    const file = await analyze({ dump: dumpFile('go1.25/asleep.txt') }, { source: false });
    const text = await analyze({ text: await dump('go1.25/asleep.txt') }, { source: false });
    expect(file.verdict).to.equal('deadlock');
    // Only the commands that show it name the file.
    const claims = ({ findings }: typeof file) => findings.map(({ evidence, ...rest }) => rest);
    expect(claims(text)).to.deep.equal(claims(file));
    expect(text.groups).to.deep.equal(file.groups);
  });

  it('compares looks, and refuses a single one and those at different programs', async () => {
    const text = await dump('go1.25/debug2.txt');
    const same = await compare([{ text }, { text }], { source: false });
    expect(same.looks).to.have.length(2);
    const one = await compare([{ text }], { source: false }).catch((error: unknown) => error);
    expect(one).to.be.instanceOf(LabError).with.property('message', 'one look cannot be compared');
    const other = `goroutine 1 [chan receive]:\nexample.com/b.other()\n\t/b/b.go:3 +0x1\n`;
    const apart = await compare([{ text }, { text: other }], { source: false }).catch((e: unknown) => e);
    expect(apart).to.be.instanceOf(LabError).with.property('code', 'usage');
  });

  it('stops when its signal aborts', async () => {
    const signal = AbortSignal.abort();
    const stopped = await analyze({ text: await dump('go1.25/debug2.txt') }, { signal }).catch((e) => e);
    expect(stopped).to.be.instanceOf(LabError).with.property('code', 'interrupted');
  });

  it('does what its examples say', async () => {
    const text = await dump('go1.25/debug2.txt');
    const waits = await waitsIn(`2026/11/30 07:00:00 some line\n${text}`);
    expect(waits['chan receive']).to.be.greaterThan(0);
    expect(await whoStoodStill(text, text)).to.not.be.empty;
    expect(await whyItHangs('/nowhere/server', '/nowhere/core')).to.match(/^usage: .+; .+/);
  });

  it('has in its page the examples as they are compiled here', async () => {
    const page = await readFile(join(projectRoot, 'docs/library.md'), 'utf8');
    const source = await readFile(join(projectRoot, 'test/api/examples.ts'), 'utf8');
    const blocks = [...page.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, code = '']) => code.trim());
    expect(blocks).to.have.length(3);
    for (const block of blocks) expect(source).to.contain(block.split('\n\n').slice(1).join('\n\n'));
  });

  it('is what docs/api.txt says; LAB_API_REPORT=write writes it anew', async () => {
    const now = await apiReport();
    if (process.env['LAB_API_REPORT'] === 'write') await writeFile(reportFile, now);
    const [kept = '', keptFields = ''] = (await readFile(reportFile, 'utf8')).split(/^\/\/ fields.*\n/m);
    const [declared = '', fields = ''] = now.split(/^\/\/ fields.*\n/m);
    expect(declared).to.equal(kept);
    // What is added to a diagnosis breaks nobody.
    expect(fields.split('\n')).to.include.members(keptFields.split('\n'));
    expect(keptFields.split('\n').length).to.be.greaterThan(50);
  });
});
