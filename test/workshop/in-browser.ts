import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { type TempFolder, tempFolder } from '../temp-folder.js';
import { launchBrowser } from '../web/browser.js';

export interface InBrowser {
  readonly folder: TempFolder;
  /** What pages have complained of so far. */
  readonly complaints: string[];
  /** A page in a context of its own. */
  open(link: string, dark?: boolean): Promise<Page>;
}

/** A browser and a folder for the tests of a suite, which is skipped where there is no browser. */
export function inBrowser(options: BrowserContextOptions): InBrowser {
  const complaints: string[] = [];
  let browser: Browser;
  let folder: TempFolder;
  before(async function () {
    browser = await launchBrowser(this);
    folder = await tempFolder();
  });
  after(async () => {
    await browser?.close();
    await folder?.[Symbol.asyncDispose]();
  });
  return {
    get folder() {
      return folder;
    },
    complaints,
    async open(link, dark = false) {
      const colorScheme = dark ? 'dark' : 'light';
      const context = await browser.newContext({ ...options, reducedMotion: 'reduce', colorScheme });
      const page = await context.newPage();
      page.on('console', (message) => {
        if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
      });
      page.on('pageerror', (error) => complaints.push(error.message));
      await page.goto(link);
      return page;
    },
  };
}
