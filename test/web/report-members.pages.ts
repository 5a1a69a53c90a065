import { writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import type { Diagnosis } from '../../lab/analysis/model/diagnosis.js';
import type { Roster } from '../../lab/analysis/model/roster.js';
import { diagnosisHtml, reportHtml } from '../../lab/report/report-html.js';
import { crowdedDiagnosis, scatteredRoster, storedRun } from '../report/reports.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';
import { accessibilityFindings, keepPicture, launchBrowser, openFile } from './browser.js';

/** Waits until the list stands at that goroutine; its command stands beside it. */
async function expectChosen(page: Page, id: number | undefined): Promise<void> {
  await page.locator('.member.active', { hasText: new RegExp(`^${id}\\b`) }).waitFor();
  const active = await page.getByRole('listbox').getAttribute('aria-activedescendant');
  expect(await page.locator('.member.active').getAttribute('id')).to.equal(active);
  expect(await page.locator('.members .commands pre').textContent()).to.equal(`(dlv) goroutine ${id} bt`);
}

describe('from a group to its goroutines', function () {
  this.timeout(120_000);
  let browser: Browser;
  let folder: TempFolder;
  let article = '';
  let crowd = '';
  let diagnosis: Diagnosis;
  let roster: Roster;
  let crowded: Roster;
  before(async function () {
    browser = await launchBrowser(this);
    folder = await tempFolder();
    article = folder.file('article.html');
    crowd = folder.file('crowd.html');
    const { report, sources } = await storedRun();
    diagnosis = given(report.diagnosis);
    roster = scatteredRoster(diagnosis);
    await writeFile(article, await reportHtml({ ...report, roster }, sources));
    const many = crowdedDiagnosis(1_000_000, 20_000);
    crowded = scatteredRoster(many);
    await writeFile(crowd, await diagnosisHtml(many, undefined, crowded));
  });
  after(async () => {
    await browser?.close();
    await folder?.[Symbol.asyncDispose]();
  });

  it('lists every one, of which only those in sight exist, moved by keys alone', async () => {
    await using open = await openFile(browser, article);
    const { page, complaints } = open;
    const { group, ids } = given(roster[0]);
    await page.getByRole('searchbox').fill(group);
    const list = page.getByRole('listbox', { name: `All ${ids.length.toLocaleString('en-US')} goroutines` });
    expect(await list.getByRole('option').count()).to.be.below(40);
    expect(await list.getByRole('option').first().getAttribute('aria-setsize')).to.equal(String(ids.length));
    await list.focus();
    for (const [key, at] of [
      ['ArrowDown', 1],
      ['ArrowUp', 0],
      ['PageDown', 8],
      ['End', ids.length - 1],
      ['PageUp', ids.length - 9],
      ['Home', 0],
    ] as const) {
      await list.press(key);
      await expectChosen(page, ids[at]);
    }
    expect(await accessibilityFindings(page)).to.deep.equal([]);
    expect(complaints).to.deep.equal([]);
    await page.locator('#goroutines').scrollIntoViewIfNeeded();
    await keepPicture(page, 'report-members');
  });

  it('copies the command that shows one', async () => {
    await using open = await openFile(browser, article);
    const { page } = open;
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    const id = given(roster[0]?.ids[3]);
    await page.getByRole('searchbox').fill(`goroutine ${id}`);
    await page.getByRole('button', { name: `Copy the command that shows goroutine ${id}` }).click();
    expect(await page.evaluate('navigator.clipboard.readText()')).to.equal(`goroutine ${id} bt`);
  });

  it('tells what is known of one, and puts the longest wait first', async () => {
    await using open = await openFile(browser, article);
    const { page } = open;
    const { group, ids, waited, creators } = given(roster[0]);
    await page.getByRole('searchbox').fill(group);
    const told = (i: number) => {
      const known = [
        (waited?.[i] ?? 0) > 0 ? `waits ${duration(waited?.[i] ?? 0)} or longer` : '',
        (creators?.[i] ?? 0) > 0 ? `started by ${creators?.[i]}` : '',
        ids[i] === undefined || ids[i] % 1_000 !== 1 ? '' : 'locked to its thread',
      ];
      return `${ids[i]} ${known.filter((fact) => fact !== '').join(' · ')}`;
    };
    const first = async (text: string) => page.locator('#member-0', { hasText: text }).waitFor();
    await first(told(0));
    await page.getByLabel('longest wait first').check();
    const longest = Math.max(...(waited ?? []));
    await first(told(given(waited).indexOf(longest)));
  });

  it('finds each by its number, in its group, whatever else is chosen', async () => {
    await using open = await openFile(browser, article);
    const { page } = open;
    await page.getByLabel('Wait reason').selectOption('select');
    for (const { group, ids } of roster) {
      const id = given(ids.at(-1));
      await page.getByRole('searchbox').fill(String(id));
      const told = new RegExp(`^Goroutine ${id} is (?:one of .* in )?${group}$`);
      await page.locator('.explorer [role=status]', { hasText: told }).waitFor();
      await expectChosen(page, id);
    }
    const none = Math.max(...roster.flatMap(({ ids }) => [...ids])) + 1;
    await page.getByRole('searchbox').fill(String(none));
    await page.locator('.nothing', { hasText: `The program has no goroutine ${none}.` }).waitFor();
  });

  it('holds for a million in twenty thousand groups, each of which is found', async () => {
    await using open = await openFile(browser, crowd);
    const { page, complaints } = open;
    const listed = /"members":\{"goroutines":(\d+)/.exec(
      String(await page.evaluate("document.getElementById('data').textContent")),
    );
    const total = crowded.reduce((sum, { ids }) => sum + ids.length, 0);
    expect(Number(listed?.[1])).to.equal(total);
    for (const group of [crowded[0], crowded[777], crowded.at(-1)]) {
      const { ids } = given(group);
      const id = given(ids[Math.floor(ids.length / 2)]);
      await page.getByRole('searchbox').fill(String(id));
      await page.getByText(`Goroutine ${id} is one of`).waitFor();
      await expectChosen(page, id);
    }
    // Half a million rows are higher than a browser draws: the last is reached all the same.
    const { group, ids } = given(crowded[0]);
    await page.getByRole('searchbox').fill(group);
    const list = page.getByRole('listbox');
    await list.focus();
    for (const [key, at] of [
      ['End', ids.length - 1],
      ['ArrowUp', ids.length - 2],
      ['PageUp', ids.length - 10],
      ['Home', 0],
    ] as const) {
      await list.press(key);
      await expectChosen(page, ids[at]);
      await page.locator('.member.active').hover();
    }
    expect(complaints).to.deep.equal([]);
  });

  it('says what is missing, and how to get it, where there is no room or nothing is known', async () => {
    const old = folder.file('old.html');
    const { report, sources } = await storedRun();
    await writeFile(old, await reportHtml(report, sources));
    await using run = await openFile(browser, old);
    expect(await run.page.locator('.missing pre').textContent()).to.match(
      /^\$ npx lab analyze --run \.\$ jq /,
    );
    const few = folder.file('few.html');
    await writeFile(few, await diagnosisHtml(diagnosis, undefined));
    await using open = await openFile(browser, few);
    const { page } = open;
    expect(await page.locator('.missing').textContent()).to.match(
      /this page names a few goroutines.*npx lab analyze --exe \S+ --core \S+ --members members\.jsonl/s,
    );
    await page.getByRole('searchbox').fill('99999999');
    expect(await page.locator('.nothing').textContent()).to.match(/is not among those that this page lists/);
    const example = given(diagnosis.groups[0]?.exampleIds[0]);
    await page.getByRole('searchbox').fill(String(example));
    expect(await page.locator('.explorer [role=status]').textContent()).to.contain(`Goroutine ${example} is`);
  });
});

function duration(seconds: number): string {
  return seconds < 120 ? `${seconds} s` : `${Math.floor(seconds / 60)} min`;
}

function given<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the test has it');
  return value;
}
