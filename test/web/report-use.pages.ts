import { writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import type { Diagnosis } from '../../lab/analysis/model/diagnosis.js';
import { diagnosisHtml, reportHtml } from '../../lab/report/report-html.js';
import { crowdedDiagnosis, storedRun } from '../report/reports.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';
import { keepPicture, launchBrowser, openFile } from './browser.js';

/** What has the focus: its role or tag, and its name. */
const focused =
  "(() => { const e = document.activeElement; return (e.getAttribute('role') ?? e.tagName.toLowerCase()) + ' ' + (e.getAttribute('aria-label') ?? e.textContent).slice(0, 60); })()";

/** Presses a key until something has the focus; fails when it was not reached. */
async function tabTo(page: Page, wanted: RegExp, most = 120): Promise<string[]> {
  const passed: string[] = [];
  for (let i = 0; i < most; i++) {
    await page.keyboard.press('Tab');
    passed.push(String(await page.evaluate(focused)));
    if (wanted.test(passed.at(-1) ?? '')) return passed;
  }
  throw new Error(`not reached by Tab: ${wanted}; passed ${passed.join(' | ')}`);
}

describe('report.html in use', function () {
  this.timeout(60_000);
  let browser: Browser;
  let folder: TempFolder;
  let article = '';
  let diagnosis: Diagnosis;
  before(async function () {
    browser = await launchBrowser(this);
    folder = await tempFolder();
    article = folder.file('article.html');
    const { report, sources } = await storedRun();
    await writeFile(article, await reportHtml(report, sources));
    if (report.diagnosis === undefined) throw new Error('the stored run has a diagnosis');
    diagnosis = report.diagnosis;
  });
  after(async () => {
    await browser?.close();
    await folder?.[Symbol.asyncDispose]();
  });

  it('is walked through by keyboard from the top: contents, graph, timeline, evidence, explorer', async () => {
    await using open = await openFile(browser, article);
    const { page } = open;
    const passed = await tabTo(page, /^tree /);
    const order = [
      /^a To the verdict/,
      /^a Cause/,
      /^button Copy for the incident channel/,
      /^a goroutine \d+/,
      /^summary Proof/,
      /^summary E1/,
      /^input/,
    ];
    let from = 0;
    for (const one of order) {
      const at = passed.findIndex((text, i) => i >= from && one.test(text));
      expect(at, `${one} in ${passed.slice(from).join(' | ')}`).to.not.equal(-1);
      from = at + 1;
    }
  });

  it('lights a node of the graph with its row, and leads there', async () => {
    await using open = await openFile(browser, article);
    const { page } = open;
    await tabTo(page, /^a goroutine \d+/);
    expect(await page.locator('.who > li.lit').textContent()).to.match(/^goroutine \d+/);
    await page.keyboard.press('Enter');
    expect(await page.evaluate('location.hash')).to.match(/^#F1-G\d+$/);
    await page.locator('.node.object').hover();
    expect(await page.locator('.who > li.lit').textContent()).to.match(/^main\.Metrics\.inChannel/);
  });

  it('tells the values of a moment at the slider, at the numbered moments and in a table', async () => {
    await using open = await openFile(browser, article);
    const { page } = open;
    const slider = page.getByRole('slider', { name: 'Moment of the run' });
    await slider.focus();
    for (let i = 0; i < 20; i++) await slider.press('ArrowRight');
    expect(await slider.getAttribute('aria-valuetext')).to.match(/^[\d.]+ s · .*(?:requests\/s|processor)/);
    await page.getByRole('button', { name: /last byte/ }).click();
    expect(await page.locator('.readout').textContent()).to.contain('last byte');
    await page.getByText('As a table').click();
    const rows = await page.locator('[aria-label="The run over time"] tbody tr').allTextContents();
    expect(rows.length).to.be.within(10, 60);
    expect(rows.join('\n')).to.contain('load starts').and.contain('MB');
    await keepPicture(page, 'report-timeline');
  });

  it('copies the commands that show a claim', async () => {
    await using open = await openFile(browser, article);
    const { page } = open;
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.locator('#F1-E1 summary').click();
    await page.getByRole('button', { name: 'Copy the commands that show E1' }).click();
    expect(await page.evaluate('navigator.clipboard.readText()')).to.match(
      /^goroutine \d+\nprint runtime\.curg\.waitreason/,
    );
    expect(await page.getByRole('button', { name: 'Copy the commands that show E1' }).textContent()).to.equal(
      'Copied',
    );
  });

  it('finds goroutines by function, wait reason, object and number', async () => {
    await using open = await openFile(browser, article);
    const { page } = open;
    const status = page.locator('.explorer [role=status]');
    const search = page.getByRole('searchbox');
    const { process, objects = [] } = diagnosis;
    const sending = (objects[0]?.waiting ?? 0).toLocaleString('en-US');
    const { total, user } = process.goroutines;
    const all = `${total.toLocaleString('en-US')} goroutines`;
    const shown = (count: string, groups: string) => `Showing ${count} of ${all}, in ${groups}`;
    expect(await status.textContent()).to.contain(`Showing ${user.toLocaleString('en-US')} of ${all}`);
    await search.fill('startOutChannelConsumer');
    expect(await status.textContent()).to.equal(shown('1', '1 group'));
    await search.fill('');
    await page.getByLabel('Wait reason').selectOption('chan send');
    expect(await status.textContent()).to.equal(shown(sending, '3 groups'));
    await page.getByLabel('Wait reason').selectOption('any');
    await page.getByLabel('Object').selectOption({ index: 1 });
    expect(await status.textContent()).to.equal(shown(sending, '3 groups'));
    await search.fill('nothing is called that');
    expect(await page.locator('.nothing').isVisible()).to.equal(true);
    await search.fill('');
    await page.getByLabel('Object').selectOption('any');
    await page.getByLabel("the runtime's own").check();
    expect(await status.textContent()).to.match(new RegExp(`^${all} in `));
  });

  it('leads from a line of the tree to a group, its stack and its goroutines, by arrow keys alone', async () => {
    await using open = await openFile(browser, article);
    const { page } = open;
    const tree = page.getByRole('tree');
    await tree.focus();
    const active = () => page.locator('.tree-row.active').textContent();
    await tree.press('Home');
    const closed = await page.getByRole('treeitem').count();
    await tree.press('ArrowLeft');
    expect(await page.getByRole('treeitem').count()).to.be.below(closed);
    await tree.press('ArrowRight');
    expect(await page.getByRole('treeitem').count()).to.equal(closed);
    await tree.press('ArrowRight');
    expect(await active()).to.match(/main\.\(\*Metrics\)\.CountS:\d+ chan send/);
    const details = page.getByRole('region', { name: 'Chosen goroutines' });
    expect(await details.locator('h3').textContent()).to.match(/^S1: \d+ goroutines$/);
    expect(await details.locator('.stack > li').count()).to.be.above(6);
    expect(await details.textContent()).to.match(/\(dlv\) goroutine \d+/);
    await tree.press('End');
    expect(await details.locator('h3').textContent()).to.match(/: 1 goroutine$/);
  });

  it('stays quick with a million goroutines in twenty thousand groups', async () => {
    const file = folder.file('crowd.html');
    await writeFile(file, await diagnosisHtml(crowdedDiagnosis(1_000_000, 20_000), undefined));
    await using open = await openFile(browser, file);
    const { page, complaints } = open;
    const tree = page.getByRole('tree');
    await tree.focus();
    for (const key of ['End', 'Home', 'PageDown', 'ArrowRight', 'ArrowRight']) await tree.press(key);
    // Whatever the length of the tree, only what can be seen exists.
    expect(await page.getByRole('treeitem').count()).to.be.below(60);
    const search = page.getByRole('searchbox');
    const before = Date.now();
    for (const letter of 'Step11Of7') await search.press(letter);
    expect(await page.locator('.explorer [role=status]').textContent()).to.match(
      /^Showing [\d,]+ of 1,000,000 goroutines, in [\d,]+ groups?/,
    );
    const ms = (Date.now() - before) / 9;
    expect(ms, 'a letter').to.be.below(1_000);
    expect(complaints).to.deep.equal([]);
    await keepPicture(page, 'report-crowd-search');
  });
});
