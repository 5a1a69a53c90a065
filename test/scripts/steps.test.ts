import { appendFileSync, mkdirSync } from 'node:fs';
import { Writable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { poll } from '../../lab/deadline.js';
import { projectRoot } from '../../lab/paths.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';

const { signal } = new AbortController();

/** A stream that keeps what is written to it. */
function screen(isTTY: boolean) {
  let text = '';
  const out = new Writable({
    write(chunk: Buffer, _, done) {
      text += chunk.toString();
      done();
    },
  });
  return Object.assign(out, { isTTY, columns: 60, shown: () => text });
}

describe('a step of the set-up', () => {
  let folder: TempFolder;
  let step: (text: string, work: () => Promise<unknown>, options: object) => Promise<unknown>;

  before(async () => {
    ({ step } = await import(pathToFileURL(`${projectRoot}/scripts/setup/steps.mjs`).href));
    folder = await tempFolder();
    mkdirSync(folder.file('.cache'));
  });
  after(() => folder[Symbol.asyncDispose]());

  const until = async (done: () => boolean) => {
    const seen = await poll(() => done() || undefined, { signal, deadlineMs: 10_000, everyMs: 2 });
    expect(seen).to.equal(true);
  };

  it('tells on a terminal how long it lasts and what the log says, on one line that is left clean', async () => {
    const out = screen(true);
    const options = { root: folder.path, out, everyMs: 5 };
    await step(
      'installing Delve',
      async () => {
        appendFileSync(
          folder.file('.cache/setup.log'),
          `go: downloading x v1\n\x1b[2Jgo: building ${'y'.repeat(90)}\n`,
        );
        await until(() => out.shown().includes('go: building'));
      },
      options,
    );
    const lines = out.shown().split('\r\x1b[K');
    for (const line of lines) expect(line.length).to.be.below(60);
    expect(lines.join('')).not.to.contain('\x1b[2J');
    expect(lines.at(-1)).to.equal('installing Delve ... 1 s\n');
  });

  it('adds to its line from time to time where there is no terminal', async () => {
    const out = screen(false);
    const work = () => until(() => (out.shown().match(/ s \.\.\. /g)?.length ?? 0) >= 2);
    await step('building', work, { root: folder.path, out, everyMs: 1 });
    expect(out.shown()).to.match(/^building \.\.\. (?:\d+ s \.\.\. ){2,}\d+ s\n$/);
  });

  it('stops telling when it fails', async () => {
    const out = screen(true);
    const failing = step('building', () => Promise.reject(new Error('no')), {
      root: folder.path,
      out,
      everyMs: 1,
    });
    expect(await failing.catch((error: unknown) => String(error))).to.equal('Error: no');
    expect(out.shown()).to.equal('building ... failed\n');
  });
});
