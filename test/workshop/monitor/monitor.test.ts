import { expect } from 'chai';
import { execa } from 'execa';
import { Client } from 'undici';
import { poll } from '../../../lab/deadline.js';
import type { LiveEvent } from '../../../lab/workshop/live.js';
import { type TempFolder, tempFolder } from '../../temp-folder.js';
import { lesson, stepOf, visit } from '../visit.js';
import { startWorkshop, type WorkshopProcess } from '../workshop-process.js';

const { signal } = new AbortController();
const crowd = 40;

/** Listens as a page does, until it is disposed. */
async function listenTo({ url }: WorkshopProcess, cookie: string) {
  const events: LiveEvent[] = [];
  const closing = new AbortController();
  const response = await fetch(`${url}api/events`, { headers: { cookie }, signal: closing.signal });
  const reading = (async () => {
    let text = '';
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString();
      const lines = text.split('\n');
      text = lines.pop() ?? '';
      for (const line of lines) if (line.startsWith('data: ')) events.push(JSON.parse(line.slice(6)));
    }
  })().catch(() => {});
  return {
    events,
    async until(what: string, holds: (event: LiveEvent) => boolean): Promise<LiveEvent> {
      const seen = await poll(() => events.find(holds), { signal, deadlineMs: 30_000, everyMs: 50 });
      if (seen === undefined) throw new Error(`the page was not told ${what}`);
      return seen;
    },
    async [Symbol.asyncDispose]() {
      closing.abort();
      await reading;
    },
  };
}

describe('the live charts of a server that was started by hand', function () {
  this.timeout(120_000);
  let folder: TempFolder;
  before(async () => {
    folder = await tempFolder();
  });
  after(async () => {
    await folder[Symbol.asyncDispose]();
  });

  it('tell of a load that is not the lab’s, of a stopped server, and go on over a restart of the workbook', async () => {
    const args = ['--dir', folder.path, '--name', 'ada'];
    const exe = folder.file(`ada/${lesson}/server`);
    const first = await startWorkshop(args);
    const { ask, cookie } = await visit(first);
    await ask('01-build', 'prepare');
    const built = await ask('01-build', 'solve');
    const typed = stepOf(built, '02-start')?.commands[0]?.run ?? '';
    const [, address = '', pprof = ''] = /--addr (\S+) --pprof-addr (\S+)/.exec(typed) ?? [];
    const page = await listenTo(first, cookie);
    expect(await page.until('what was', () => true)).to.deep.equal({ type: 'history', measured: [] });

    const server = execa(exe, ['--addr', address, '--pprof-addr', pprof], { reject: false });
    try {
      await page.until('an answer', (event) => event.type === 'probe' && event.kind === 'answered');
      await page.until('the goroutines', (event) => event.type === 'goroutines' && event.count > 3);
      const clients = Array.from({ length: crowd }, () => new Client(`http://${address}`));
      await Promise.all(
        clients.map(async (client) => (await client.request({ path: '/', method: 'GET' })).body.dump()),
      );
      await page.until('that it is loaded', (event) => event.type === 'mark' && event.kind === 'load-begins');
      await page.until(
        'the connections',
        (event) => event.type === 'process' && (event.open ?? 0) >= crowd && event.threads > 1,
      );
      await Promise.all(clients.map((client) => client.destroy()));
      await page.until('the end of it', (event) => event.type === 'mark' && event.kind === 'load-ends');

      // As under a debugger: it is stopped, and nobody says that it does not answer.
      server.kill('SIGSTOP');
      await page.until('that it is stopped', (event) => event.type === 'process' && event.stopped);
      const before = page.events.length;
      await page.until(
        'more of it',
        (event) => event.type === 'process' && page.events.indexOf(event) > before + 2,
      );
      server.kill('SIGCONT');
      expect(page.events.filter((event) => event.type === 'mark').map(({ kind }) => kind)).to.not.include(
        'silent',
      );
      await page[Symbol.asyncDispose]();

      expect(await first.interrupt()).to.equal(130);
      await using second = await startWorkshop([...args, '--port', new URL(first.url).port]);
      await using again = await listenTo(second, cookie);
      const history = await again.until('what was', ({ type }) => type === 'history');
      if (history.type !== 'history') throw new Error('unreachable');
      expect(history.server).to.include({ pid: server.pid, lesson });
      const kinds = history.measured.map((one) => (one.type === 'mark' ? one.kind : one.type));
      expect(kinds).to.include.members(['process', 'probe', 'goroutines', 'load-begins', 'load-ends']);
      await again.until('how it is now', ({ type }) => type === 'process');
      server.kill('SIGTERM');
      await server;
      await again.until('its end', (event) => event.type === 'mark' && event.kind === 'ended');
    } finally {
      server.kill('SIGKILL');
      await server;
    }
  });
});
