import { writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import type { Browser } from 'playwright-core';
import { compareLooks } from '../../lab/compare/compare.js';
import { comparisonHtml } from '../../lab/report/compare-html.js';
import { triageHtml } from '../../lab/report/triage-html.js';
import { triageOf } from '../../lab/triage/group.js';
import type { Item } from '../../lab/triage/item.js';
import { asCore, dumpText, lookAt, withOutlook } from '../compare/looks.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';
import { accessibilityFindings, keepPicture, launchBrowser, openFile } from './browser.js';

const ids = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i);
function itemsOfTriage(): readonly Item[] {
  return ['a.txt', 'b.txt'].map((path, i) => ({
    ...{ path, kind: 'dump', state: 'told' },
    told: {
      ...{ verdict: 'deadlock', rule: 'lock-order', class: 'resource', certainty: 'strong' },
      summary: '2 goroutines run round a loop in main.Move (/srv/shop/move.go:16).',
      ...{ fingerprint: 'cause-00000000000000aa', of: ['lock-order', 'main.Move move.go'], places: [] },
      ...{ goroutines: 40, blocked: 30, build: 'go1.26.8', time: `2026-11-30T23:32:0${i}.000Z` },
    },
  }));
}

const overflow = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';

describe('the page of a comparison in a browser', function () {
  this.timeout(60_000);
  let browser: Browser;
  let folder: TempFolder;
  let file = '';
  let summary = '';

  before(async function () {
    browser = await launchBrowser(this);
    folder = await tempFolder();
    file = folder.file('compare.html');
    const look = async (second: number, readers: number, name: string) => {
      const stacks = { feed: ids(10, readers), out: [1_000], jobs: ids(1_001, 40), sleep: [2_000 + second] };
      const seen = await lookAt(dumpText(stacks), second, name);
      return withOutlook(withOutlook(seen, 33, 'stuck'), 46, 'idle');
    };
    const [first, second, third] = [
      await look(0, 212, 'before.txt'),
      await look(5, 230, '/var/log/a/rather/long/path/to/<b>dumps</b>/of-the-second-look.txt'),
      await look(10, 253, 'hung/core.1628'),
    ];
    const comparison = compareLooks([first, second, asCore(third)]);
    summary = comparison.summary;
    await writeFile(file, await comparisonHtml(comparison));
  });
  after(async () => {
    await browser?.close();
    await folder?.[Symbol.asyncDispose]();
  });

  it('has the suspect first, its counts by look, and its stack folded', async () => {
    await using open = await openFile(browser, file, { viewport: { width: 1280, height: 900 } });
    const { page } = open;
    expect(await page.getByRole('heading', { level: 1 }).textContent()).to.equal(summary);
    expect(summary).to.contain('212 of 212 goroutines at mutex 0xc000012100').and.contain('41 more came');
    expect(await page.locator('.looks li').count()).to.equal(3);
    expect(await page.locator('.looks .name').nth(1).textContent()).to.contain('<b>dumps</b>');
    const rows = await page.locator('.matrix tbody tr').allTextContents();
    expect(rows).to.have.length(4);
    expect(rows[0]).to.match(/^C1 main\.\(\*feed\)\.latest stuck212 230 \+18253 \+23212410$/);
    const group = page.locator('.group').first();
    expect(await group.getByRole('heading').textContent()).to.contain('main.(*feed).latest');
    expect(await group.getByRole('row').allTextContents()).to.deep.equal([
      'look 1212',
      'look 2230',
      'look 3253',
    ]);
    const bars = await group.locator('.part').all();
    const widths = await Promise.all(bars.map(async (bar) => Number(await bar.getAttribute('width'))));
    expect(widths).to.have.length(3);
    const [one = 0, , three = 0] = widths;
    expect(one / three).to.be.closeTo(212 / 253, 0.01);
    expect(await group.locator('dl').textContent()).to.match(/^still212came41went0$/);
    const stack = group.locator('.stack');
    expect(await stack.isVisible()).to.equal(false);
    await group.getByText('Stack', { exact: true }).click();
    expect(await stack.isVisible()).to.equal(true);
    expect(await stack.textContent())
      .to.contain('/app/main.go:33')
      .and.not.contain('gopark');
    await page.getByRole('link', { name: 'C1' }).first().click();
    expect(open.complaints).to.deep.equal([]);
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    it(`fits wide and narrow screens, and is accessible, in ${colorScheme} colours`, async () => {
      for (const width of [1280, 400, 320]) {
        await using open = await openFile(browser, file, { colorScheme, viewport: { width, height: 800 } });
        expect(await open.page.evaluate(overflow), `${width}`).to.equal(0);
        expect(await accessibilityFindings(open.page)).to.deep.equal([]);
        await keepPicture(open.page, `compare-${width}-${colorScheme}`, true);
      }
    });
  }

  it('is the style of a triage too: bars of a colour, one time once and in its zone, files by their names', async () => {
    const triage = folder.file('triage.html');
    await writeFile(triage, await triageHtml(triageOf(itemsOfTriage(), {})));
    for (const [width, colorScheme] of [
      [1440, 'light'],
      [390, 'dark'],
    ] as const) {
      await using open = await openFile(browser, triage, { colorScheme, viewport: { width, height: 800 } });
      const { page } = open;
      const fill = (of: string) =>
        page.evaluate(`getComputedStyle(document.querySelector('.group .bar ${of}')).fill`);
      const tone = await page.evaluate("getComputedStyle(document.querySelector('.group .tag')).color");
      expect(await fill('.part')).to.equal(tone);
      expect(await fill('.all')).to.not.equal(tone);
      const text = await page.locator('.group').first().textContent();
      expect(text)
        .to.contain('2 dumps, 1 build, 2026-11-30 23:32 UTC')
        .and.to.contain('main.Move (move.go:16)');
      expect(await page.evaluate(overflow)).to.equal(0);
      expect(await accessibilityFindings(page)).to.deep.equal([]);
      expect(open.complaints).to.deep.equal([]);
      await keepPicture(page, `triage-${width}-${colorScheme}`, true);
    }
  });

  it('changes its colours at a button', async () => {
    await using open = await openFile(browser, file, { colorScheme: 'light' });
    const paper = () => open.page.evaluate('getComputedStyle(document.body).backgroundColor');
    const light = await paper();
    const button = open.page.getByRole('button', { name: /Colours/ });
    await button.click();
    await button.click();
    expect(await paper()).to.not.equal(light);
  });

  it('is all there without scripts', async () => {
    const context = await browser.newContext({ offline: true, javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(`file://${file}`);
    expect(await page.locator('h1').textContent()).to.equal(summary);
    expect(await page.locator('.group').count()).to.equal(4);
    await page.locator('.group summary').first().click();
    expect(await page.locator('.group .stack').first().isVisible()).to.equal(true);
    await context.close();
  });
});
