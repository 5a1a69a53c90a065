import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { projectRoot } from '../../lab/paths.js';

const candidates = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Runs as root in containers; and says nothing to anybody. */
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Path of a Chromium: the one that `LAB_CHROMIUM` names, or that of the system; `undefined` where there is none. */
export function findChromium(): string | undefined {
  const named = process.env['LAB_CHROMIUM'];
  return named === undefined ? candidates.find((path) => existsSync(path)) : named;
}

/** A real browser for the tests of a suite, which are skipped, with the reason said, where there is none. */
export async function launchBrowser(context: Mocha.Context): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) {
    console.log('      skipped: no Chromium here; install the package chromium, or set LAB_CHROMIUM');
    return context.skip();
  }
  return await chromium.launch({ executablePath, args: flags });
}

export interface OpenPage extends AsyncDisposable {
  readonly page: Page;
  /** Errors and warnings of the console, uncaught errors, and whatever was asked for beside the file itself. */
  readonly complaints: readonly string[];
}

/** Opens a file from the disk, without a network, and waits until its script has done its first work. */
export async function openFile(
  browser: Browser,
  file: string,
  options: BrowserContextOptions = {},
): Promise<OpenPage> {
  const context = await browser.newContext({ offline: true, reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    if (request.url().split('#')[0] !== `file://${file}`) complaints.push(`request: ${request.url()}`);
  });
  await page.goto(`file://${file}`);
  await page.locator('html[data-ready]').waitFor({ state: 'attached' });
  return { page, complaints, [Symbol.asyncDispose]: () => context.close() };
}

/** What axe finds serious or critical, as lines. */
export async function accessibilityFindings(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(
      ({ id, nodes }) =>
        `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join(' | ')}`,
    );
}

/** Keeps a picture of the page for people, in the folder that `LAB_SCREENSHOTS` names. */
export async function keepPicture(page: Page, name: string, fullPage = false): Promise<void> {
  const folder = process.env['LAB_SCREENSHOTS'] ?? join(projectRoot, '.cache', 'screenshots');
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage });
}
