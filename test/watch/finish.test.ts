import { appendFile, readFile } from 'node:fs/promises';
import { expect } from 'chai';
import type { Then } from '../../lab/watch/aftermath.js';
import type { Catch } from '../../lab/watch/catch.js';
import { finish } from '../../lab/watch/finish.js';
import type { Episode } from '../../lab/watch/folder.js';
import { takeTurn } from '../../lab/watch/one-at-a-time.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';

const { signal } = new AbortController();
const hung: Episode = {
  ...{ schema: 'lab.episode/1', service: 'shop', pid: 17, at: '2026-11-30T07:18:15Z', why: 'it hangs' },
};

describe('what is done with a hang', () => {
  let folder: TempFolder;
  let before: string | undefined;

  beforeEach(async () => {
    folder = await tempFolder();
    before = process.env['TMPDIR'];
    // Turns are those of this test alone.
    process.env['TMPDIR'] = folder.path;
  });

  afterEach(async () => {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
    await folder[Symbol.asyncDispose]();
  });

  /** What was done, in its order, of a hang whose core and diagnosis come to that. */
  async function done(afterwards: Then, core: Partial<Episode> = {}, onCore = async () => {}) {
    const order = folder.file('order');
    let episode = hung;
    const save = async (more: Partial<Episode>): Promise<Episode> => {
      episode = { ...episode, ...more };
      return episode;
    };
    const note = async (word: string) => {
      await appendFile(order, `${word}\n`);
    };
    const caught: Catch = {
      dir: folder.path,
      look: async () => {},
      confirm: async () => {},
      discard: async () => {},
      async take() {
        await note('core');
        await onCore();
        return await save(core);
      },
      async diagnose() {
        await note('diagnosis');
        return await save({ verdict: 'deadlock', summary: 'two wait for each other' });
      },
      conclude: save,
    };
    const restart = ['sh', '-c', `echo restart >> ${order}`];
    const service = { identity: { pid: 17, startTicks: 1 }, captureArguments: [], restart };
    const lines: string[] = [];
    const options = { afterwards, notify: undefined, say: (text: string) => lines.push(text) };
    const result = await finish(caught, service, options, async (text) => void lines.push(text), signal);
    return { order: (await readFile(order, 'utf8')).trim().split('\n'), lines, result };
  }

  it('restarts a service as soon as its core is taken, and diagnoses it then', async () => {
    const { order, lines, result } = await done({ kind: 'restart' });
    expect(order).to.deep.equal(['core', 'restart', 'diagnosis']);
    expect(result).to.include({ verdict: 'deadlock', afterwards: 'restarted' });
    expect(lines).to.deep.equal([`caught in ${folder.path}: two wait for each other; then restarted`]);
  });

  it('gives a command the diagnosis', async () => {
    const command = `echo "command $LAB_VERDICT" >> ${folder.file('order')}`;
    const { order } = await done({ kind: 'command', command });
    expect(order).to.deep.equal(['core', 'diagnosis', 'command deadlock']);
  });

  it('restarts a service of which no core could be taken, and diagnoses nothing', async () => {
    const { order, result } = await done({ kind: 'restart' }, { failed: 'no core: no room' });
    expect(order).to.deep.equal(['core', 'restart']);
    expect(result).to.include({ failed: 'no core: no room', afterwards: 'restarted' });
  });

  it('takes a core while another hang is diagnosed, and waits with its own diagnosis', async () => {
    const other = await takeTurn('diagnosis');
    expect(other).to.not.equal(undefined);
    expect(await takeTurn('diagnosis')).to.equal(undefined);
    const { order, lines } = await done({ kind: 'leave' }, {}, async () => {
      expect(await takeTurn('capture')).to.equal(undefined);
      setTimeout(() => void other?.[Symbol.asyncDispose](), 300);
    });
    expect(order).to.deep.equal(['core', 'diagnosis']);
    expect(lines[0]).to.equal('another diagnosis is under way on this host; waiting for it');
  });
});
