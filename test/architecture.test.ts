import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

/** The compiled tree: type-only imports are gone there. */
const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', 'lab');
const heart = ['analysis', 'core', 'goruntime', 'source', 'delve'];
const experiment = ['targets', 'server', 'load', 'drive', 'hang', 'capture'];

async function modulesOf(folder: string): Promise<string[]> {
  const names = await readdir(join(root, folder), { recursive: true });
  return names.filter((name) => name.endsWith('.js')).map((name) => join(root, folder, name));
}

/** Rooms of the lab that a module imports when it is loaded; a dynamic import is the caller's decision. */
async function roomsImportedBy(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8');
  const specifiers = [...text.matchAll(/^(?:import|export)\s[^;]*?from\s+'(\.[^']+)'/gm)].map(
    (match) => match[1] ?? '',
  );
  return specifiers.map((specifier) => relative(root, resolve(dirname(file), specifier)).split('/')[0] ?? '');
}

describe('the architecture', () => {
  for (const room of heart) {
    it(`keeps ${room}/ free of the experiment's rooms`, async () => {
      for (const file of await modulesOf(room)) {
        const forbidden = (await roomsImportedBy(file)).filter((name) => experiment.includes(name));
        expect(forbidden, relative(root, file)).to.deep.equal([]);
      }
    });
  }

  it('lets only the engines and the entry points of the analysis touch files and Delve', async () => {
    const engines = ['core-engine.js', 'delve-engine.js', 'opened-core.js', 'delve-values.js'];
    const reading = ['symbols.js', 'delve-snapshot.js', 'cross-check.js'];
    const entry = ['analyze-core.js', 'analyze.js'];
    const allowed = [...entry, ...engines, ...reading, 'describe.js', 'root-facts.js', 'locators.js'];
    for (const file of await modulesOf('analysis')) {
      if (allowed.some((name) => file.endsWith(`/${name}`))) continue;
      const text = await readFile(file, 'utf8');
      expect(text, relative(root, file)).not.to.match(
        /from 'node:(fs|net|child_process)|delve\/(client|launch|rpc)/,
      );
    }
  });
});
