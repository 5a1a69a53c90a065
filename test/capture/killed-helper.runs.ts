import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, rm } from 'node:fs/promises';
import { setTimeout as passed } from 'node:timers/promises';
import { expect } from 'chai';
import { poll } from '../../lab/deadline.js';
import { buildCaptured, type Captured, startCaptured, tracesOf } from '../captured-program.js';
import { randomFrom } from '../random.js';
import { runHelper, takingHelper } from '../taking-helper.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';

const { signal } = new AbortController();
/** Kills for each way. */
const kills = Number(process.env['LAB_TEST_KILLS'] ?? 70);
const ways = ['auto', 'read', 'fork'] as const;

describe('a helper that is ended half-way', function () {
  this.timeout(240_000);
  let folder: TempFolder;
  let exe: string;
  before(async () => {
    folder = await tempFolder();
    exe = await buildCaptured(folder);
  });
  after(() => folder[Symbol.asyncDispose]());

  /** The process runs on, and nothing is left of what was done to it. */
  async function expectUntouched(program: Captured, files: readonly string[], when: string): Promise<void> {
    const { ticks } = await program.pulse();
    const untouched = { tracer: '0', stopped: [], children: [], files, watched: 0, goesOn: true };
    let last: unknown;
    const look = async () => {
      expect(program.ended(), when).to.equal(undefined);
      const goesOn = (await program.pulse()).ticks > ticks;
      last = { ...(await tracesOf(program.pid)), goesOn };
      return JSON.stringify(last) === JSON.stringify(untouched) || undefined;
    };
    if ((await poll(look, { signal, deadlineMs: 15_000, everyMs: 10 })) === undefined)
      expect(last, when).to.deep.equal(untouched);
  }

  for (const way of ways) {
    for (const whom of ['helper', 'group'] as const) {
      it(`leaves nothing behind: SIGKILL of the ${whom}, ${way}`, async () => {
        const random = randomFrom(way.length * 10 + whom.length);
        await using program = await startCaptured(exe, folder, ['-resident=60', '-busy=5', '-threads=10']);
        const { files } = await tracesOf(program.pid);
        const core = folder.file(`core.${way}.${whom}`);
        const args = ['core', '--pid', String(program.pid), '--core', core, `--snapshot=${way}`];
        // The first one also reads the helper from the disk.
        await runHelper(args);
        await rm(core);
        const began = performance.now();
        expect((await runHelper(args)).exitCode).to.equal(0);
        const whole = performance.now() - began;
        let halfWay = 0;
        for (let kill = 0; kill < kills / 2; kill += 1) {
          await rm(core, { force: true });
          const child = spawn(await takingHelper(), args, { detached: true, stdio: 'ignore' });
          const ended = once(child, 'exit');
          const delayMs = random() * whole;
          // Not a wait for anything: the moment is random.
          await passed(delayMs);
          if (child.exitCode === null && child.pid !== undefined) {
            process.kill(whom === 'group' ? -child.pid : child.pid, 'SIGKILL');
            halfWay += 1;
          }
          await ended;
          await expectUntouched(program, files, `kill ${kill} after ${delayMs} ms of ${whole}`);
        }
        expect(halfWay).to.be.greaterThan(kills / 8);
      });
    }
  }

  for (const way of ways) {
    it(`says so and leaves no file: SIGTERM and SIGINT, ${way}`, async () => {
      const random = randomFrom(way.length);
      await using program = await startCaptured(exe, folder, ['-resident=200', '-threads=10']);
      const { files } = await tracesOf(program.pid);
      const core = folder.file(`core.${way}.asked`);
      let halfWay = 0;
      for (let turn = 0; turn < 10; turn += 1) {
        const args = ['core', '--pid', String(program.pid), '--core', core, `--snapshot=${way}`];
        const child = spawn(await takingHelper(), args, { stdio: ['ignore', 'ignore', 'pipe'] });
        let said = '';
        child.stderr.setEncoding('utf8').on('data', (text: string) => {
          said += text;
        });
        const ended = once(child, 'close');
        // It listens to signals once it has begun to copy.
        await poll(() => (said !== '' ? true : undefined), { signal, deadlineMs: 10_000, everyMs: 1 });
        await passed(random() * 20);
        child.kill(turn % 2 === 0 ? 'SIGTERM' : 'SIGINT');
        const [exitCode] = await ended;
        if (exitCode !== 0) {
          halfWay += 1;
          expect(exitCode, said).to.equal(130);
          expect(said).to.include('"code":"interrupted"');
          const isThere = await access(core).then(
            () => true,
            () => false,
          );
          expect(isThere, said).to.equal(false);
        }
        await rm(core, { force: true });
        await expectUntouched(program, files, `turn ${turn}`);
      }
      expect(halfWay).to.be.greaterThan(0);
    });
  }
});
