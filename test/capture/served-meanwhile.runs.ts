import { once } from 'node:events';
import autocannon, { type Result } from 'autocannon';
import { expect } from 'chai';
import { poll } from '../../lab/deadline.js';
import { buildCaptured, startCaptured } from '../captured-program.js';
import { take, takeStream } from '../taking-helper.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';

const { signal } = new AbortController();
/** What a loaded machine may add to a gap between two ticks of a millisecond, and takes from an answer. */
const slackMs = 1_500;

describe('a server that a core is taken of', function () {
  this.timeout(120_000);
  let folder: TempFolder;
  let exe: string;
  before(async () => {
    folder = await tempFolder();
    exe = await buildCaptured(folder);
  });
  after(() => folder[Symbol.asyncDispose]());

  for (const way of ['auto', 'read', 'fork', 'stream'] as const) {
    it(`answers every request, and stands still no longer than is told: ${way}`, async () => {
      await using server = await startCaptured(exe, folder, ['-odd=serve', '-resident=200', '-busy=2']);
      const address = /listening addr=(\S+)/.exec(server.said())?.[1];
      const load = autocannon(
        { url: `http://${address}/`, connections: 20, duration: 60, timeout: 30 },
        () => undefined,
      );
      const ended = once(load, 'done') as Promise<[Result]>;
      let answers = 0;
      load.on('response', () => {
        answers += 1;
      });
      const answered = async () => {
        const until = answers + 200;
        const more = await poll(() => answers >= until || undefined, {
          signal,
          deadlineMs: 30_000,
          everyMs: 5,
        });
        expect(more, `${answers} answers`).to.equal(true);
      };
      await answered();
      process.kill(server.pid, 'SIGUSR1');
      await answered();
      const core = folder.file(`served.${way}`);
      const taken =
        way === 'stream'
          ? await takeStream(server.pid, (name) => folder.file(`streamed.${name}`))
          : await take(server.pid, core, `--snapshot=${way}`);
      const { longestGapMs } = await server.pulse();
      await answered();
      load.stop();
      const { errors, timeouts, non2xx, '2xx': good } = (await ended)[0];
      expect({ errors, timeouts, non2xx }).to.deep.equal({ errors: 0, timeouts: 0, non2xx: 0 });
      expect(good).to.be.greaterThan(600);
      expect(longestGapMs).to.be.lessThan(taken.pauseMicros / 1_000 + slackMs);
    });
  }
});
