import { readFile, writeFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { Profile } from 'pprof-format';
import type { Diagnosis } from '../../lab/analysis/model/diagnosis.js';
import { fleetDiagnosis } from '../../lab/fleet/same-cause.js';
import { diagnosisSvg } from '../../lab/report/page/svg.js';
import { diagnosisHtml, reportHtml } from '../../lab/report/report-html.js';
import type { SourceMap } from '../../lab/source/source-map.js';
import { articleDiagnosis } from '../checklist/article.js';
import { storedRun } from '../report/reports.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';
import { accessibilityFindings, keepPicture, launchBrowser, openFile } from './browser.js';

const boxOf = async (page: Page, selector: string) => {
  const box = await page.locator(selector).first().boundingBox();
  if (box === null) throw new Error(`not to be seen: ${selector}`);
  return box;
};

describe('the first screen of report.html', function () {
  this.timeout(60_000);
  let browser: Browser;
  let folder: TempFolder;
  let article = '';
  let diagnosis: Diagnosis;
  let sources: SourceMap;
  before(async function () {
    browser = await launchBrowser(this);
    folder = await tempFolder();
    article = folder.file('article.html');
    const stored = await storedRun();
    ({ sources } = stored);
    await writeFile(article, await reportHtml(stored.report, sources));
    if (stored.report.diagnosis === undefined) throw new Error('the stored run has a diagnosis');
    diagnosis = stored.report.diagnosis;
  });
  after(async () => {
    await browser?.close();
    await folder?.[Symbol.asyncDispose]();
  });

  it('is the cause: a sentence, the graph beside it, and the two lines of code', async () => {
    const viewport = { width: 1440, height: 900 };
    await using open = await openFile(browser, article, { viewport });
    const { page } = open;
    expect((await page.locator('h1').textContent())?.split(/\s+/).length).to.be.within(3, 12);
    const [said, graph] = [await boxOf(page, '.said-first'), await boxOf(page, '.first .graph')];
    expect(graph.x).to.be.above(said.x + said.width);
    expect(graph.y).to.be.closeTo(said.y, 20);
    const titles = await page.locator('.excerpt-title').allTextContents();
    expect(titles).to.deep.equal(['Stuck here', 'Should be here']);
    expect(await page.locator('.excerpt .line.marked').allTextContents()).to.satisfy(
      ([stuck = '', due = '']: string[]) =>
        stuck.includes('m.inChannel <- metric') && due.includes('range m.inChannel'),
    );
    const [left, right] = [await boxOf(page, '.excerpt.stuck'), await boxOf(page, '.excerpt.due')];
    expect(left.y).to.equal(right.y);
    expect(right.y + right.height).to.be.below(viewport.height);
    await page.setViewportSize({ width: 1024, height: 768 });
    expect((await boxOf(page, '.first .graph')).y).to.be.above((await boxOf(page, '.said-first')).y + 100);
    expect(open.complaints).to.deep.equal([]);
  });

  it('draws the cycle thick, the victims grey, and the line of code in the node', async () => {
    await using open = await openFile(browser, article);
    const { page } = open;
    expect(await page.locator('.edge.cycle').count()).to.equal(2);
    expect(await page.locator('.node.victims.cycle').count()).to.equal(0);
    expect(await page.locator('.node.goroutine .code').textContent()).to.contain('m.inChannel <- metric');
    const width = (of: string) => `parseFloat(getComputedStyle(document.querySelector('${of}')).strokeWidth)`;
    const [thick, thin] = [
      Number(await page.evaluate(width('.edge.cycle .curve'))),
      Number(await page.evaluate(width('.edge:not(.cycle) .curve'))),
    ];
    expect(thick).to.be.above(2 * thin);
    expect(await page.locator('.caption').first().textContent()).to.match(
      /^G\d+ sends to Metrics\.inChannel, drained only by G\d+\. [\d,]+ goroutines are blocked behind it/,
    );
  });

  it('copies the picture as `--svg` writes it, as PNG and as Mermaid, and the summary for a channel', async () => {
    await using open = await openFile(browser, article);
    const { page } = open;
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    const copied = async (name: string | RegExp): Promise<string> => {
      const button = page.getByRole('button', { name });
      await button.click();
      await button.getByText('Copied').waitFor();
      return String(await page.evaluate('navigator.clipboard.readText()'));
    };
    expect(await copied('Copy the picture as SVG')).to.equal(await diagnosisSvg(diagnosis, sources));
    const mermaid = await copied('Copy the picture as Mermaid');
    expect(mermaid)
      .to.match(/^%% G\d+ sends/)
      .and.contain('\nflowchart TB\n');
    expect(mermaid).to.match(/linkStyle 0,1 stroke:/);
    expect(await copied('Copy for the incident channel')).to.match(/^\*\*deadlock\*\* \(strong\): /);
    await page.getByRole('button', { name: 'Copy the picture as PNG' }).click();
    const types = 'navigator.clipboard.read().then((all) => all.flatMap(({ types }) => types).join())';
    await page.waitForFunction(`${types}.then((all) => all === 'image/png')`);
    expect(open.complaints).to.deep.equal([]);
  });

  it('marks in the contents what is being read, on narrow screens too, and opens what was folded', async () => {
    await using open = await openFile(browser, article, { viewport: { width: 390, height: 844 } });
    const { page } = open;
    const marked = page.locator('nav [aria-current]');
    for (const name of ['Proof', 'Run', 'Article', 'Cause']) {
      await page.getByRole('link', { name, exact: true }).click();
      await marked.getByText(name).waitFor();
      const [link, bar] = [await boxOf(page, 'nav [aria-current]'), await boxOf(page, '.bar-links')];
      expect(link.x, name).to.be.at.least(bar.x - 1);
      expect(link.x + link.width, name).to.be.at.most(bar.x + bar.width + 1);
    }
    expect(await page.locator('#article table').isVisible()).to.equal(true);
    await page.evaluate("document.querySelector('#goroutines').scrollIntoView()");
    await marked.getByText('Goroutines').waitFor();
    expect(open.complaints).to.deep.equal([]);
  });

  it('narrows the goroutines to the root cause and its victims, with one count of all', async () => {
    await using open = await openFile(browser, article);
    const { page } = open;
    const status = page.locator('.explorer [role=status]');
    const all = diagnosis.process.goroutines.total.toLocaleString('en-US');
    await page.getByRole('combobox', { name: 'Part' }).selectOption('root cause');
    expect(await status.textContent()).to.equal(`Showing 1 of ${all} goroutines, in 1 group`);
    expect(await page.locator('.tree-row').first().textContent()).to.contain('main.(*Metrics).SetM');
    await page.getByRole('combobox', { name: 'Part' }).selectOption('victims');
    const victims = diagnosis.findings[0]?.victims.groups ?? [];
    const count = diagnosis.groups.reduce((sum, one) => sum + (victims.includes(one.id) ? one.count : 0), 0);
    expect(await status.textContent()).to.contain(
      `Showing ${count.toLocaleString('en-US')} of ${all} goroutines`,
    );
    expect(await page.locator('.tree-row .call-name').first().textContent()).to.match(/^main\./);
  });

  it('names the processes where several were looked at together, and what differs', async () => {
    const file = folder.file('several.html');
    const together = fleetDiagnosis([
      { name: 'i1/core.915', pid: 915, diagnosis },
      { name: 'i2/core.916', pid: 916, diagnosis: { ...articleDiagnosis(), findings: [] } },
      { name: 'i3/core.917', pid: 917, diagnosis },
    ]);
    if (together === undefined) throw new Error('three are several');
    await writeFile(file, await diagnosisHtml(together, sources));
    await using open = await openFile(browser, file, { viewport: { width: 390, height: 844 } });
    const { page } = open;
    const told = page.locator('#cause .processes').first();
    expect(await told.locator('p').textContent()).to.equal('In 2 of 3 processes, told as I1 shows it:');
    expect(await told.getByRole('listitem').allTextContents()).to.satisfy((all: string[]) =>
      /^I1 i1\/core\.915, pid 915: [\d,]+ goroutines, [\d,]+ behind it/.test(all[0] ?? ''),
    );
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).to.be.at.most(0);
    expect(open.complaints).to.deep.equal([]);
  });

  it('narrows the goroutines to those of one label, and counts these alone', async () => {
    const labelled = folder.file('labelled.html');
    const groups = diagnosis.groups.map((group, i) => {
      const sets = [
        { set: { tenant: 'acme, inc', handler: '/orders' }, count: 3 },
        { set: { tenant: 'acme, inc', handler: '/stock' }, count: 2 },
        { set: { tenant: 'other' }, count: group.count - 5 },
      ];
      return i === 0
        ? { ...group, labels: sets, waitReason: '' }
        : i === 1
          ? { ...group, labels: sets.slice(2) }
          : group;
    });
    await writeFile(labelled, await diagnosisHtml({ ...diagnosis, groups }, sources));
    await using open = await openFile(browser, labelled);
    const { page } = open;
    const label = page.getByRole('combobox', { name: 'Label' });
    expect(await label.locator('option').allTextContents()).to.deep.equal([
      ...['any', 'handler=/orders', 'handler=/stock', 'tenant=acme, inc', 'tenant=other'],
    ]);
    const all = diagnosis.process.goroutines.total.toLocaleString('en-US');
    const status = page.locator('.explorer [role=status]');
    await label.selectOption('tenant=acme, inc');
    expect(await status.textContent()).to.equal(`Showing 5 of ${all} goroutines, in 1 group`);
    expect(await page.locator('.tree-row .count').first().textContent()).to.equal('5');
    expect(await page.locator('.details').textContent())
      .to.contain('Not parked: running')
      .and.to.not.contain('“”');
    await label.selectOption('handler=/orders');
    expect(await status.textContent()).to.equal(`Showing 3 of ${all} goroutines, in 1 group`);
    await page.getByRole('combobox', { name: 'Part' }).selectOption('root cause');
    expect(await page.locator('.nothing').textContent()).to.equal('No goroutine fits. Take a filter away.');
    expect(open.complaints).to.deep.equal([]);
  });

  it('has a flame graph beside the tree, moved by keys, and saves what is chosen for other tools', async () => {
    await using open = await openFile(browser, article, { viewport: { width: 1440, height: 900 } });
    const { page } = open;
    await page.getByRole('button', { name: 'Flame graph' }).click();
    const calls = page.locator('.flame .call');
    await calls.first().focus();
    for (let i = 0; i < 3; i++) await page.keyboard.press('ArrowDown');
    expect(await page.locator('.flame-told').textContent()).to.match(/^main\.\(\*handler\)\.ServeHTTP:\d+: /);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Show all' }).click();
    expect((await boxOf(page, '.flame')).x).to.be.above((await boxOf(page, '.tree')).x + 300);
    expect(await accessibilityFindings(page)).to.deep.equal([]);
    await page.locator('#goroutines').scrollIntoViewIfNeeded();
    await keepPicture(page, 'report-flame');
    const saved = async (name: string): Promise<Buffer> => {
      const download = page.waitForEvent('download');
      await page.getByRole('button', { name, exact: true }).click();
      return await readFile(await (await download).path());
    };
    const folded = (await saved('folded stacks')).toString('utf8').trim().split('\n');
    const user = diagnosis.process.goroutines.user;
    const sum = folded.reduce((total, line) => total + Number(line.slice(line.lastIndexOf(' '))), 0);
    expect(sum).to.equal(user);
    expect(folded[0]).to.match(/^runtime\.goexit;.*;main\.\(\*Metrics\)\.CountS;.*;runtime\.gopark \d+$/);
    const { sample } = Profile.decode(gunzipSync(await saved('pprof')));
    expect(sample.reduce((total, { value }) => total + Number(value[0]), 0)).to.equal(user);
    expect(open.complaints).to.deep.equal([]);
  });

  it('tells the values of all tracks under the pointer', async () => {
    await using open = await openFile(browser, article);
    const { page } = open;
    const track = page.locator('.charts .u-over').first();
    await track.scrollIntoViewIfNeeded();
    await track.hover();
    const values = await page.locator('.track-value').allTextContents();
    expect(values).to.have.length(4);
    expect(values.filter((text) => text === '')).to.deep.equal([]);
    expect(values[1]).to.match(/^[●×▲◆] \S.* after [\d,]+ ms$/);
    expect(await page.locator('.charts figcaption').nth(1).textContent()).to.match(
      /● answered {2}× timed out/,
    );
  });
});
