import { writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import type { Browser, Locator } from 'playwright-core';
import { fleetDiagnosis } from '../../lab/fleet/same-cause.js';
import { fleetHtml } from '../../lab/report/fleet/html.js';
import { articleDiagnosis } from '../checklist/article.js';
import { report } from '../report/a-fleet.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';
import { accessibilityFindings, keepPicture, launchBrowser, openFile } from './browser.js';

const overflow = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';

/** Where something is drawn, pixels. */
async function boxOf(of: Locator) {
  const box = await of.boundingBox();
  if (box === null) throw new Error(`not to be seen: ${of}`);
  return box;
}

describe("a fleet's page in a browser", function () {
  this.timeout(60_000);
  let browser: Browser;
  let folder: TempFolder;
  let file = '';
  before(async function () {
    browser = await launchBrowser(this);
    folder = await tempFolder();
    file = folder.file('fleet.html');
    const told = articleDiagnosis();
    const diagnosis = fleetDiagnosis(['i1', 'i2'].map((name) => ({ name, diagnosis: told })));
    await writeFile(file, await fleetHtml({ ...report, diagnosis }));
  });
  after(async () => {
    await browser?.close();
    await folder?.[Symbol.asyncDispose]();
  });

  it('has the cause first: what became of the service, and the fix', async () => {
    const viewport = { width: 1440, height: 900 };
    await using open = await openFile(browser, file, { viewport });
    const { page } = open;
    expect(await page.locator('h1').textContent()).to.equal('All 2 hung');
    expect(await page.locator('.advice').textContent()).to.equal('Fix Do not');
    const lanes = await boxOf(page.locator('.timeline'));
    expect(lanes.y + lanes.height).to.be.below(viewport.height);
    const rows = await page.locator('.instances tbody tr').allTextContents();
    expect(rows).to.have.length(2);
    expect(await page.locator('.cause').textContent()).to.match(
      /^C1 In i1 and i2: main\.in in main\.SetM\s*communication\/channel, strong, by the rule self-blocked-consumer\./,
    );
    expect(await page.locator('footer').textContent()).to.contain('2026-11-30 00:00:00 UTC');
    expect(rows[0]).to.contain('found so 2.0 s after the load began').and.to.not.contain('hung hung');
    expect(open.complaints).to.deep.equal([]);
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    it(`draws the balancer's view under the truth of each instance, at every width, in ${colorScheme} colours`, async () => {
      for (const width of [1440, 1024, 390]) {
        await using open = await openFile(browser, file, { colorScheme, viewport: { width, height: 844 } });
        const { page } = open;
        const lane = (name: string, nth = 0) =>
          page
            .locator('.label', { hasText: new RegExp(`^${name}$`) })
            .nth(nth)
            .locator('+ svg');
        const [first, second] = [lane('i1 in truth'), lane('i2 in truth')];
        const [hung1, hung2] = [await boxOf(first.locator('.hung')), await boxOf(second.locator('.hung'))];
        expect(hung2.x, 'i2 hung before i1').to.be.below(hung1.x - 20);
        for (const [nth, { x, width: wide }, truth] of [
          [0, hung1, first],
          [1, hung2, second],
        ] as const) {
          const failed = await boxOf(lane('HTTP check', nth).locator('.bad'));
          expect(failed.x, 'HTTP fails when it hangs').to.be.closeTo(x, 1);
          expect(failed.width).to.be.closeTo(wide, 1);
          const well = await boxOf(lane('bare connect', nth).locator('.good'));
          const all = await boxOf(truth);
          expect(well.width, 'TCP is well to the end').to.be.closeTo(all.width, 1);
          expect(failed.y).to.be.above(all.y);
          expect(well.y).to.be.above(failed.y);
          expect(all.x + all.width, 'none is cut off').to.be.at.most(width);
        }
        expect(await lane('i1 in truth').getAttribute('aria-label')).to.equal(
          'i1 in truth: serving, then hung',
        );
        expect(await page.evaluate(overflow), `${width}`).to.equal(0);
        const cut =
          "(() => { const box = document.querySelector('.picture'); return box.scrollWidth - box.clientWidth; })()";
        expect(await page.locator('.graph:visible').count()).to.equal(1);
        expect(await page.evaluate(cut), 'nothing of the picture is cut off').to.equal(0);
        // Below that, words would be broken.
        const cell = await boxOf(page.locator('.instances tbody tr').first().locator('td').nth(1));
        expect(cell.width).to.be.above(90);
        expect(await accessibilityFindings(page)).to.deep.equal([]);
        expect(open.complaints).to.deep.equal([]);
        await keepPicture(page, `fleet-${width}-${colorScheme}`, true);
      }
    });
  }

  it('is all there without scripts', async () => {
    const context = await browser.newContext({ offline: true, javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(`file://${file}`);
    expect(await page.locator('.timeline svg.lane').count()).to.equal(7);
    expect(await page.locator('.cause').count()).to.equal(1);
    await context.close();
  });
});
