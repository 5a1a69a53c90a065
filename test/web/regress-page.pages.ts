import { mkdir, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import type { Browser } from 'playwright-core';
import { countsOf, type Results } from '../../lab/regress/results.js';
import { regressHtml } from '../../lab/report/regress-html.js';
import { cell } from '../regress/cells.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';
import { accessibilityFindings, keepPicture, launchBrowser, openFile } from './browser.js';

const overflow = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';

describe('the page of a regression in a browser', function () {
  this.timeout(60_000);
  let browser: Browser;
  let folder: TempFolder;
  let file = '';
  before(async function () {
    browser = await launchBrowser(this);
    folder = await tempFolder();
    file = folder.file('results.html');
    const fine = cell({ scenario: 'blog' });
    const refuted = cell({
      ...{ scenario: 'blog', variant: 'fixed', verdict: 'refuted' },
      summary: 'the repaired server was diagnosed with a <deadlock>',
      differences: ['verdict: expected none, found deadlock'],
    });
    const wrong = { ...refuted, id: 'blog <b> fixed' };
    const older = cell({ scenario: 'blog', go: '1.19.8', delve: '1.20.2' });
    const run = folder.file(`cells/${fine.id}/2026-blog`);
    await mkdir(run, { recursive: true });
    await writeFile(`${run}/report.html`, '<!doctype html><title>the report</title>');
    const cells = [fine, wrong, older];
    const results: Results = {
      ...{ schema: 'lab.regress/1', dir: folder.path, mode: 'live', ms: 60_000, exitCode: 1 },
      ...{ startedAt: '2026-01-02T03:04:05.678Z', endedAt: '2026-01-02T03:05:05.678Z' },
      lab: { version: '0.1.0', gitCommit: null },
      machine: { os: 'linux', arch: 'x64', cpus: 2, memoryBytes: 1 },
      counts: countsOf(cells),
      baseline: {
        file: '/somewhere/baseline.json',
        broken: [{ id: wrong.id, was: 'confirmed', is: 'refuted' }],
        mended: [{ id: fine.id, was: 'unknown', is: 'confirmed' }],
        ...{ stillWrong: [], unknownToBaseline: [], notRun: [] },
      },
      cells,
    };
    await writeFile(file, await regressHtml(results, file));
  });
  after(async () => {
    await browser?.close();
    await folder?.[Symbol.asyncDispose]();
  });

  it('has the matrix with durations, what changed, and leads to the report of a cell', async () => {
    await using open = await openFile(browser, file);
    const { page } = open;
    expect(await page.locator('h1').textContent()).to.equal('2 as expected, 1 different in 1 min 0 s');
    expect(await page.locator('.matrix thead').textContent())
      .to.contain('Go 1.26.8Delve 1.27.2')
      .and.contain('Go 1.19.8');
    expect(await page.locator('.matrix tbody tr').count()).to.equal(2);
    expect(await page.locator('.matrix tbody tr').first().textContent()).to.match(
      /blogfaultyas expected [\d.]+ swas inconclusiveas expected [\d.]+ s/,
    );
    expect(await page.locator('.changes li').allTextContents()).to.deep.equal([
      'right before, not now: blog <b> fixed, as expected → different',
      'newly right: blog-faulty-go1.26.8-dlv1.27.2, inconclusive → as expected',
    ]);
    expect(await page.locator('.group').textContent()).to.contain('expected none, found deadlock');
    expect(open.complaints).to.deep.equal([]);
    expect(await page.locator('.matrix a').count()).to.equal(1);
    await page.locator('.matrix a').click();
    expect(await page.title()).to.equal('the report');
  });

  it('fits wide and narrow screens, and is accessible, in both colours', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const width of [1440, 390]) {
        await using open = await openFile(browser, file, { colorScheme, viewport: { width, height: 800 } });
        expect(await open.page.evaluate(overflow), `${width}`).to.equal(0);
        expect(await accessibilityFindings(open.page)).to.deep.equal([]);
        await keepPicture(open.page, `regress-${width}-${colorScheme}`, true);
      }
    }
  });
});
