import { networkInterfaces } from 'node:os';
import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { poll } from '../../lab/deadline.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';
import { accessibilityFindings, keepPicture, launchBrowser } from '../web/browser.js';
import { openTerminal, type Terminal } from './terminal.js';
import { startWorkshop, type WorkshopProcess } from './workshop-process.js';

const { signal } = new AbortController();

// Run by article.pages.ts where there is no network.
describe('the article, typed in a terminal and clicked through in a browser', function () {
  this.timeout(150_000);
  let folder: TempFolder;
  let workshop: WorkshopProcess;
  let terminal: Terminal;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];
  /** What a person would have on a piece of paper by now. */
  const paper = { folder: '', consumer: '', stuck: '', line: '', crowd: ['', '', ''], frame: '' };

  before(async function () {
    folder = await tempFolder();
    browser = await launchBrowser(this);
    workshop = await startWorkshop(['--dir', folder.path, '--name', 'ada']);
    terminal = await openTerminal(folder.path);
    const context = await browser.newContext({
      viewport: { width: 1280, height: 900 },
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    page = await context.newPage();
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(workshop.link);
  });

  after(async () => {
    await terminal?.[Symbol.asyncDispose]();
    await browser?.close();
    await workshop?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  const button = (name: string | RegExp) => page.getByRole('button', { name });

  /** Takes a command as the copy button gives it. */
  const copied = async (index: number): Promise<string> => {
    const copy = page.getByRole('button', { name: /^Copy/ }).nth(index);
    await copy.waitFor();
    await copy.click();
    return await page.evaluate<string>('navigator.clipboard.readText()');
  };
  const opened = async (title: string): Promise<void> => {
    await page.getByRole('heading', { level: 1, name: title }).waitFor();
    const step = page.locator('.commands, .predict, form.panel').first();
    await step.waitFor();
    // What is to be typed is shown once something is expected.
    const choices = page.getByRole('radio');
    if ((await choices.count()) === 0) return;
    await choices.first().check();
    await button('That is what I expect').click();
    await page.locator('.predict.said').waitFor();
  };
  const checked = async (answers: Readonly<Record<string, string>> = {}): Promise<void> => {
    for (const [label, answer] of Object.entries(answers)) {
      const field = page.getByLabel(label);
      const choice = (await page.getByRole('combobox', { name: label }).count()) > 0;
      if (choice) await field.selectOption(answer);
      else await field.fill(answer);
    }
    await button('Check').click();
    await page.locator('.result .met, .result .not-yet').waitFor({ timeout: 60_000 });
    expect(await page.locator('.result').textContent()).to.match(/^Yes:/);
    await page.locator('.told').waitFor();
  };
  /** Of what takes a moment: as somebody does who clicks until it is there. */
  const checkedInTheEnd = async (): Promise<void> => {
    const yes = await poll(
      async () => {
        await button('Check').click();
        await page.locator('.result .met, .result .not-yet').waitFor();
        return (await page.locator('.result .met').isVisible()) ? true : undefined;
      },
      { signal, deadlineMs: 30_000, everyMs: 200 },
    );
    expect(yes, (await page.locator('.result').textContent()) ?? '').to.equal(true);
  };
  const onwards = async (): Promise<void> => {
    await page.getByRole('link', { name: /^Next:/ }).click();
  };
  const accessible = async (): Promise<void> => {
    expect(await accessibilityFindings(page)).to.deep.equal([]);
  };

  it('happens where no network is', () => {
    if (process.env['LAB_TEST_NO_NETWORK'] === undefined) return;
    expect(Object.keys(networkInterfaces())).to.deep.equal(['lo']);
  });

  it('begins with the sources, which are built by hand', async () => {
    await opened('Build the service');
    await page.getByText('In one of your own, type this first').click();
    paper.folder = await copied(0);
    await terminal.type(paper.folder);
    await page.getByText('In one of your own, type this first').click();
    await accessible();
    await button('Check').click();
    await page.locator('.result .not-yet').waitFor();
    await terminal.type(await copied(0));
    await checked();
    await onwards();
  });

  it('starts the service in another terminal', async () => {
    await opened('Start it');
    await terminal.typeElsewhere([paper.folder, await copied(0)]);
    await checkedInTheEnd();
    await onwards();
  });

  it('shows the load as it brings the service to a stand', async () => {
    await opened('Load it until it hangs');
    await button('Put the load on').click();
    await page.locator('.charts canvas').first().waitFor();
    await page.locator('.result .met').waitFor({ timeout: 90_000 });
    await page.locator('.marks .silent').waitFor();
    expect(await page.locator('.marks').textContent()).to.match(/the load begins: \d+/);
    await page
      .locator('p.said')
      .filter({ hasText: /^It hangs, and / })
      .waitFor();
    expect(await page.locator('summary .said').textContent()).to.match(
      /has not answered since .* connection/,
    );
    await keepPicture(page, 'workshop-load', true);
    await accessible();
    await onwards();
  });

  it('asks it once more, with curl', async () => {
    await opened('Ask it once more');
    expect(await terminal.type(await copied(0))).to.contain('0 bytes received');
    await checked();
    await onwards();
  });

  it('looks with gdb, and keeps the memory', async () => {
    await opened('Look with gdb');
    expect(await terminal.type(await copied(0))).to.contain('runtime.');
    await checked();
    await onwards();
    await opened('Keep its memory');
    expect(await terminal.type(await copied(0))).to.contain('Saved corefile');
    await checked();
    await onwards();
  });

  it('lets the process go with SIGQUIT', async () => {
    await opened('Let the process go');
    await terminal.type(await copied(0));
    await checkedInTheEnd();
    await onwards();
  });

  it('serves the core with Delve, and asks it for every goroutine with nc', async () => {
    await opened('Enter Delve');
    await terminal.typeElsewhere([paper.folder, await copied(0)]);
    await checkedInTheEnd();
    await onwards();
    await opened('Ask for all goroutines');
    await terminal.type(await copied(0));
    await checked();
    await onwards();
  });

  it('counts with jq where they stand', async () => {
    await opened('Where do they all stand?');
    expect(await terminal.type(await copied(0))).to.contain('userCurrentLoc');
    const table = await terminal.type(await copied(1));
    const [, count = '', name = '', line = ''] = /^\s*(\d+) \["([^"]+)",(\d+)\]/m.exec(table) ?? [];
    paper.crowd = [name, line, count];
    expect(name).to.match(/CountS$/);
    await checked({ 'Function in which most of them wait': name, 'In line': line, 'How many': count });
    await onwards();
  });

  it('finds the consumer and refuses the wrong one', async () => {
    await opened('Find the one who should receive');
    const found = await terminal.type(await copied(1));
    const rows = [...found.matchAll(/\{"id":(\d+),"at":"([^"]+)"/g)];
    paper.consumer = rows.find(([, , at]) => at?.endsWith('SetM'))?.[1] ?? '';
    const other = rows.find(([, id]) => id !== paper.consumer)?.[1] ?? '';
    await page.getByLabel('Id of the goroutine').fill(other);
    await page.getByLabel('Function whose go statement started it').fill('NewMetrics');
    await button('Check').click();
    // The field itself says so, and the other one does not.
    await page.locator('.fields .wrong', { hasText: 'Id of the goroutine' }).waitFor();
    expect(await page.getByLabel('Id of the goroutine').getAttribute('aria-invalid')).to.equal('true');
    expect(await page.locator('.fields .wrong').count()).to.equal(1);
    await checked({ 'Id of the goroutine': paper.consumer });
    await onwards();
  });

  it('reads its stack at Delve’s prompt', async () => {
    await opened('Read its stack');
    await terminal.typeInto(await copied(0), '(dlv)');
    await terminal.typeInto(`goroutine ${paper.consumer}`, '(dlv)');
    const stack = await terminal.typeInto('stack', '(dlv)');
    const frame = /^\s*(\d+)\s+0x\S+ in (main\.\S+)\n\s+at \S+:(\d+)/m.exec(stack);
    const [, index = '', name = '', line = ''] = frame ?? [];
    const channel = await terminal.typeInto(`frame ${index} print m.inChannel`, '(dlv)');
    expect(channel).to.match(/qcount: 100,\s+dataqsiz: 100,/);
    await terminal.type('exit');
    await checked({
      'Id of the goroutine': paper.consumer,
      'Your function where it blocks': name,
      'In line': line,
      'Channel that it waits for': 'm.inChannel',
      'Values in that channel': '100',
    });
    await onwards();
  });

  it('names the root cause', async () => {
    await opened('Name the root cause');
    await checked({
      Class: 'communication',
      Kind: 'channel',
      Object: 'inChannel',
      'The only goroutine that could make room': paper.consumer,
    });
    await onwards();
  });

  it('mends the service by an edit of its own, and sees both repairs', async () => {
    await opened('Mend it');
    await button('Check').click();
    await page.locator('.result .not-yet', { hasText: 'nothing is changed yet' }).waitFor();
    // A goroutine of its own for the report: not the lab's way.
    await terminal.type(String.raw`sed -i 's/^\(\s*\)m\.SetM(/\1go m.SetM(/' blog/flush.go`);
    await checked();
    await page.locator('.changes figure').nth(1).waitFor();
    expect(await page.locator('.changes figcaption').allTextContents()).to.deep.equal([
      'Your repair',
      'Our repair',
    ]);
    await page.locator('.end .own-graph img').waitFor();
    expect(await page.locator('.end').textContent()).to.contain('Find the one who should receive');
    await keepPicture(page, 'workshop-done', true);
    expect(await page.locator('.contents li.open .met').count()).to.equal(14);
    await accessible();
    await page.getByRole('link', { name: 'Your certificate' }).click();
    await page.getByRole('row', { name: /The service that stopped answering/ }).waitFor();
    await accessible();
    expect(complaints).to.deep.equal([]);
  });
});
