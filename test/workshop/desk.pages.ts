import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { setClock, shareStanding } from '../../lab/workshop/desk/class.js';
import type { StepStanding } from '../../lab/workshop/desk/class-view.js';
import { readLessons } from '../../lab/workshop/read-lessons.js';
import { accessibilityFindings, keepPicture } from '../web/browser.js';
import { inBrowser } from './in-browser.js';
import { startWorkshop } from './workshop-process.js';

const minute = 60_000;
const wider = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';

/** A class of so many in the middle of its first lesson: each somewhere, every fifth for ten minutes. */
async function classInTheMiddle(folder: string, size: number): Promise<void> {
  const [lesson] = await readLessons();
  if (lesson === undefined) throw new Error('there is no lesson');
  await mkdir(folder, { recursive: true });
  for (let i = 0; i < size; i++) {
    const done = i % lesson.steps.length;
    const lateMs = i % 5 === 4 ? 10 * minute : 2 * minute;
    const steps = lesson.steps.map(({ id }, n): [string, StepStanding] => {
      const ago = (m: number) => new Date(Date.now() - lateMs - m * minute).toISOString();
      if (n < done) {
        const state = n % 4 === 3 ? 'solved' : 'met';
        return [id, { state, hints: n % 3, beganAt: ago((done - n) * 3), metAt: ago((done - n - 1) * 3) }];
      }
      return [id, n === done ? { state: 'tried', hints: 1, beganAt: ago(0) } : { state: 'open', hints: 0 }];
    });
    const name = `learner-${String(i + 1).padStart(2, '0')}`;
    const at = new Date().toISOString();
    await shareStanding(folder, {
      name,
      host: 'desk',
      at,
      lessons: { [lesson.name]: Object.fromEntries(steps) },
    });
  }
  await setClock(folder, 'begin');
}

describe('the teacher’s desk in a browser', function () {
  this.timeout(180_000);
  const web = inBrowser({ viewport: { width: 1440, height: 900 }, ignoreHTTPSErrors: true });
  const { complaints, open } = web;

  it('shows twenty people in one grid, who is stuck in amber, at every width, in light and dark', async () => {
    const shared = web.folder.file('class');
    await classInTheMiddle(shared, 20);
    await using teacher = await startWorkshop(['--instructor', '--class', shared]);
    for (const dark of [false, true]) {
      const page = await open(teacher.link, dark);
      await page.getByRole('heading', { level: 1, name: /^20 participants/ }).waitFor();
      expect(await page.locator('tr.stuck').count()).to.equal(4);
      expect(await page.locator('.cell.here.stuck').count()).to.equal(4);
      const row = page.getByRole('row', { name: /^learner-05/ });
      expect(await row.locator('.pace').textContent()).to.match(/^stuck for 10 minutes, step 5$/);
      for (const width of [1440, 1024, 390]) {
        await page.setViewportSize({ width, height: 900 });
        expect(await page.evaluate(wider), `${width}`).to.equal(0);
        await keepPicture(page, `desk-${width}-${dark ? 'dark' : 'light'}`, true);
      }
      expect(await accessibilityFindings(page)).to.deep.equal([]);
      await page.setViewportSize({ width: 1440, height: 900 });
      await page.getByRole('link', { name: 'Projector view' }).click();
      await page.getByRole('heading', { level: 1, name: 'The service that stopped answering' }).waitFor();
      expect(await page.locator('main').textContent()).to.not.contain('learner');
      for (const width of [1440, 390]) {
        await page.setViewportSize({ width, height: 900 });
        expect(await page.evaluate(wider), `projector, ${width}`).to.equal(0);
        await keepPicture(page, `projector-${width}-${dark ? 'dark' : 'light'}`);
      }
      expect(await accessibilityFindings(page)).to.deep.equal([]);
      await page.context().close();
    }
    expect(complaints).to.deep.equal([]);
  });

  it('gives the grid as CSV, and stops and begins its clock by keyboard', async () => {
    const shared = web.folder.file('export');
    await classInTheMiddle(shared, 3);
    await using teacher = await startWorkshop(['--instructor', '--class', shared]);
    const page = await open(teacher.link);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Export as CSV' }).click(),
    ]);
    expect(download.suggestedFilename()).to.match(/^class-\d{4}-\d\d-\d\d\.csv$/);
    await page.getByRole('button', { name: 'Stop the clock' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'The class begins now' }).waitFor();
    expect(await page.locator('tr[aria-current=time]').count()).to.equal(0);
    await page.getByRole('button', { name: 'The class begins now' }).focus();
    await page.keyboard.press('Enter');
    await page.locator('tr[aria-current=time]').waitFor();
    await page.context().close();
    expect(complaints).to.deep.equal([]);
  });

  it('opens a class for a room over TLS: a learner’s steps show on the desk, and the desk is closed to the learner', async () => {
    const args = ['--class', '2', '--bind', '127.0.0.1', '--tls', '--dir', join(web.folder.path, 'tls')];
    await using room = await startWorkshop(args);
    const teacher = await open(room.link);
    await teacher.getByRole('heading', { level: 1, name: '2 participants' }).waitFor();
    const learner = await open(room.guests[0]?.link ?? '');
    await learner.getByRole('heading', { level: 1, name: 'Build the service' }).waitFor();
    await learner.getByRole('radio').first().check({ timeout: 30_000 });
    await learner.locator('.predict button').click();
    await learner.locator('.commands').waitFor({ timeout: 30_000 });
    // A class has no shell of the teacher's in its pages.
    expect(await learner.locator('.terminal').count()).to.equal(0);
    expect(await learner.getByRole('button', { name: /^Run/ }).count()).to.equal(0);
    await learner.getByRole('button', { name: 'Check' }).click();
    await teacher.locator('.cell.tried').waitFor({ timeout: 20_000 });
    expect(complaints).to.deep.equal([]);
    const closed = await learner.goto(`${room.url}desk/`);
    expect(closed?.status()).to.equal(403);
    complaints.length = 0; // the browser tells of that answer
    await teacher.context().close();
    await learner.context().close();
  });
});
