import { stat, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import type { Browser } from 'playwright-core';
import { diagnosisHtml, reportHtml } from '../../lab/report/report-html.js';
import {
  crowdedDiagnosis,
  endlessDiagnosis,
  hostileDiagnosis,
  scatteredRoster,
  storedRun,
} from '../report/reports.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';
import { accessibilityFindings, keepPicture, launchBrowser, openFile } from './browser.js';

const megabyte = 1_000_000;
const mostTries = 8;
const overflow = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';

describe('report.html in a browser', function () {
  this.timeout(60_000);
  let browser: Browser;
  let folder: TempFolder;
  let article = '';
  let crowd = '';
  before(async function () {
    browser = await launchBrowser(this);
    folder = await tempFolder();
    article = folder.file('article.html');
    crowd = folder.file('crowd.html');
    const { report, sources } = await storedRun();
    const roster = scatteredRoster(report.diagnosis ?? { groups: [] });
    await writeFile(article, await reportHtml({ ...report, roster }, sources));
    const crowded = crowdedDiagnosis(1_000_000, 20_000);
    await writeFile(crowd, await diagnosisHtml(crowded, undefined, scatteredRoster(crowded)));
  });
  after(async () => {
    await browser?.close();
    await folder?.[Symbol.asyncDispose]();
  });

  it('is at most 3 MB of the article, and at most 5 MB of a million goroutines', async () => {
    expect((await stat(article)).size).to.be.below(3 * megabyte);
    expect((await stat(crowd)).size)
      .to.be.below(5 * megabyte)
      .and.above(2 * megabyte);
  });

  it('shows its first picture within a second and can be used within two, of a million goroutines too', async () => {
    const first = "performance.getEntriesByName('first-contentful-paint')[0].startTime";
    const ready = "performance.getEntriesByName('ready')[0].startTime";
    for (const file of [article, crowd]) {
      const times: (readonly [number, number])[] = [];
      const fits = ([seen, usable]: readonly [number, number]) => seen < 1_000 && usable < 2_000;
      // The machine may be busy with something else: what counts is what the page takes.
      while (times.length < mostTries && !times.some(fits)) {
        await using open = await openFile(browser, file);
        await open.page.waitForFunction("performance.getEntriesByName('first-contentful-paint').length > 0");
        times.push([Number(await open.page.evaluate(first)), Number(await open.page.evaluate(ready))]);
      }
      const told = `${file}: ${times.map((pair) => pair.map(Math.round).join(' and ')).join(', ')} ms`;
      expect(times.some(fits), told).to.equal(true);
    }
  });

  it('tells of the article from top to bottom, with a clean console and without asking anybody', async () => {
    await using open = await openFile(browser, article);
    const { page, complaints } = open;
    const titles = await page.locator('main h2').allTextContents();
    expect(titles).to.deep.equal(['Cause', 'Proof', 'Goroutines', 'Run', 'Article', 'Versions']);
    expect(await page.locator('h1').textContent()).to.match(/^Goroutine \d+ waits for itself$/);
    expect(await page.locator('#cause .lead').textContent()).to.match(
      /the only receiver of main\.Metrics\.inChannel/,
    );
    expect(await page.locator('.graph .node').allTextContents()).to.have.length(3);
    expect(await page.locator('.charts figure').count()).to.equal(4);
    expect(await page.locator('#proof .line.marked').first().textContent()).to.contain(
      'm.inChannel <- metric',
    );
    for (const folded of ['article', 'versions'])
      expect(await page.locator(`#${folded} table`).first().isVisible(), folded).to.equal(false);
    expect(await page.locator('#article tbody tr').count()).to.equal(33);
    expect(complaints).to.deep.equal([]);
    await keepPicture(page, 'report-light', true);
    await keepPicture(page, 'report-top');
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    it(`has no serious accessibility finding in ${colorScheme} colours`, async () => {
      for (const [name, file] of [
        ['article', article],
        ['crowd', crowd],
      ] as const) {
        await using open = await openFile(browser, file, { colorScheme });
        expect(await accessibilityFindings(open.page), name).to.deep.equal([]);
        await keepPicture(open.page, `report-${name}-${colorScheme}`);
      }
    });
  }

  it('changes its colours at a button, the charts too', async () => {
    await using open = await openFile(browser, article, { colorScheme: 'light' });
    const { page } = open;
    const paper = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
    const light = await paper();
    const button = page.getByRole('button', { name: /Colours/ });
    await button.click();
    expect(await paper()).to.equal(light);
    await button.click();
    expect(await paper()).to.not.equal(light);
    expect(await page.locator('.charts .uplot').count()).to.equal(4);
    expect(open.complaints).to.deep.equal([]);
  });

  it('fits a narrow screen without scrolling sideways', async () => {
    for (const file of [article, crowd]) {
      await using open = await openFile(browser, file, { viewport: { width: 360, height: 700 } });
      expect(await open.page.evaluate(overflow)).to.equal(0);
      const broken =
        "[...document.querySelectorAll('.tree-row .count')].filter((one) => one.getClientRects().length !== 1 || one.offsetHeight > 30 || one.scrollWidth > one.clientWidth).map((one) => one.textContent)";
      expect(await open.page.locator('.tree-row .count').count()).to.be.above(3);
      expect(await open.page.evaluate(broken), 'counts in two lines').to.deep.equal([]);
      await keepPicture(
        open.page,
        file === article ? 'report-narrow' : 'report-crowd-narrow',
        file === article,
      );
    }
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    it(`stacks the cells of a table under their names on a narrow screen, in ${colorScheme} colours`, async () => {
      await using open = await openFile(browser, article, {
        ...{ colorScheme, viewport: { width: 400, height: 800 } },
      });
      const { page } = open;
      await page.getByRole('link', { name: 'Article' }).click();
      const claims = page.locator('#article').getByRole('table');
      expect(await claims.getByRole('columnheader').allTextContents()).to.have.length(3);
      expect(await claims.getByRole('row').count()).to.equal(34);
      expect(await claims.getByRole('cell').count()).to.equal(99);
      const seen = claims.getByRole('row').nth(1).getByRole('cell').nth(2);
      const box = await seen.boundingBox();
      expect(box?.x).to.be.at.least(0);
      expect(box?.width).to.be.above(300);
      const name = `getComputedStyle(document.querySelector('#article td:last-child'), '::before').content`;
      expect(await page.evaluate(name)).to.contain('what this run saw');
      const cut =
        "[...document.querySelectorAll('.stacks')].filter((box) => box.scrollWidth > box.clientWidth).length";
      expect(await page.evaluate(cut)).to.equal(0);
      expect(await accessibilityFindings(page)).to.deep.equal([]);
      await page.evaluate("document.querySelector('#article').scrollIntoView()");
      await keepPicture(page, `report-article-narrow-${colorScheme}`);
    });
  }

  it('shows what the claims have between backticks as code', async () => {
    await using open = await openFile(browser, article);
    await open.page.getByRole('link', { name: 'Article' }).click();
    const claims = open.page.locator('#article');
    expect(await claims.textContent()).to.not.contain('`');
    expect(await claims.locator('td code').allTextContents()).to.include('goroutine');
  });

  it('draws the root cause from top to bottom where there is little width, and nothing of it is cut off', async () => {
    const look =
      "(() => { const w = document.querySelector('.graph .wide'); return w.scrollWidth - w.clientWidth; })()";
    await using phone = await openFile(browser, article, { viewport: { width: 400, height: 800 } });
    await using desk = await openFile(browser, article);
    expect(await phone.page.evaluate(look)).to.equal(0);
    expect(await phone.page.locator('.graph .node').allTextContents()).to.deep.equal(
      await desk.page.locator('.graph .node').allTextContents(),
    );
  });

  it('is printed on at most four pages, in light colours, with its claims open and without buttons', async () => {
    await using open = await openFile(browser, article, { colorScheme: 'dark' });
    const { page } = open;
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    expect(await page.locator('nav.bar').isVisible()).to.equal(false);
    expect(await page.evaluate('getComputedStyle(document.body).color')).to.equal('rgb(28, 31, 36)');
    const check = page.locator('#F1-E1 .commands');
    const height = async () => (await check.boundingBox())?.height ?? 0;
    expect(await height()).to.be.above(20);
    const pdf = await page.pdf({ format: 'A4' });
    expect(pdf.subarray(0, 5).toString()).to.equal('%PDF-');
    expect(pdf.toString('latin1').match(/\/Type\s*\/Page\b/g)?.length).to.be.within(2, 4);
  });

  it('stays below 5 MB whatever a diagnosis is full of, and says what it left out', async () => {
    const file = folder.file('endless.html');
    const endless = endlessDiagnosis(300);
    await writeFile(file, await diagnosisHtml(endless, undefined, scatteredRoster(endless)));
    expect((await stat(file)).size)
      .to.be.below(5 * megabyte)
      .and.above(megabyte);
    await using open = await openFile(browser, file);
    const { page, complaints } = open;
    const notes = (part: string) => page.locator(`${part} .left-out`).allTextContents();
    const n = '[\\d,]+';
    const telling = (...what: string[]) =>
      new RegExp(`^Showing ${what.map((one) => `${n} of ${n} ${one}`).join('(?:, | and )')}; `);
    const proof = await notes('#proof');
    expect(proof[0]).to.match(telling('claims'));
    expect(proof[1]).to.match(telling('goroutines', 'frames', 'variables'));
    expect(proof).to.satisfy((all: string[]) =>
      all.some((one) => /^Showing \d+ of 300 findings; /.test(one)),
    );
    expect((await notes('#cause'))[0]).to.match(telling('goroutines', 'objects', 'edges'));
    expect((await notes('#objects'))[0]).to.match(telling('objects'));
    expect((await notes('#limits'))[0]).to.match(telling('limits'));
    // The first finding is told as far as one can read it.
    expect(await page.locator('#proof .finding').first().locator('.claim').count()).to.be.above(20);
    expect(await page.locator('#proof .finding').first().locator('.stack > li').count()).to.be.above(20);
    expect(await page.locator('.graph .node').count()).to.be.above(20);
    expect(await page.evaluate(overflow)).to.equal(0);
    expect(complaints).to.deep.equal([]);
    await keepPicture(page, 'report-endless');
  });

  it('names places and shows their lines where the program lies in a folder with spaces and parentheses', async () => {
    const { report, sources = [] } = await storedRun();
    const odd = '/lab/wörk dir (a, b)/odd';
    const moved = JSON.parse(JSON.stringify(report).replaceAll('/lab/go-server', odd)) as typeof report;
    const from = sources.map(({ to }) => ({ from: odd, to }));
    const file = folder.file('odd.html');
    await writeFile(file, await reportHtml(moved, from));
    await using open = await openFile(browser, file);
    await using plain = await openFile(browser, article);
    const prose = (page: typeof open.page) =>
      page.locator('#cause .lead, #proof .claim summary').allTextContents();
    expect(await prose(open.page)).to.deep.equal(await prose(plain.page));
    const captions = (page: typeof open.page) =>
      page.locator('#proof .claim .source figcaption').allTextContents();
    expect(await captions(open.page)).to.deep.equal(
      (await captions(plain.page)).map((text) => text.replaceAll('/lab/go-server', odd)),
    );
    expect(await captions(open.page)).to.have.length.above(2);
  });

  it('opens the core with the Delve that the lab used, in words that a shell takes', async () => {
    const { report } = await storedRun();
    const { diagnosis } = report;
    if (diagnosis === undefined) throw new Error('the run has a diagnosis');
    const delve = { version: '1.27.2', path: '/home/a b/dlv', onPath: false };
    const process = { ...diagnosis.process, exe: '/home/a b/server', core: '/tmp/core.1' };
    const file = folder.file('delve.html');
    const opening = async (): Promise<string> => {
      await using open = await openFile(browser, file);
      expect(await open.page.locator('#proof .opening').textContent()).to.contain(
        'The lab used Delve 1.27.2',
      );
      return (await open.page.locator('#proof .opening + .commands pre').textContent()) ?? '';
    };
    const own = { ...diagnosis, process, delve };
    await writeFile(file, await diagnosisHtml(own, undefined));
    expect(await opening()).to.equal("$ '/home/a b/dlv' core '/home/a b/server' /tmp/core.1");
    await writeFile(file, await reportHtml({ ...report, diagnosis: own }, undefined));
    expect(await opening()).to.equal("$ '/home/a b/dlv' core server core.1");
  });

  it('shows whatever comes out of a core as text', async () => {
    const evil = `<img src=x onerror="alert(1)"></script><script>alert(2)</script>"'\u2028\u0007`;
    const file = folder.file('evil.html');
    await writeFile(file, await diagnosisHtml(hostileDiagnosis(evil), []));
    await using open = await openFile(browser, file);
    const { page, complaints } = open;
    expect(await page.locator('main img, main script, svg img').count()).to.equal(0);
    expect(await page.locator('#cause .lead').textContent()).to.contain('<img src=x onerror=');
    await page.locator('.tree').press('ArrowDown');
    expect(complaints).to.deep.equal([]);
    expect(await page.evaluate(overflow)).to.equal(0);
  });
});
