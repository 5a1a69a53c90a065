import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

/** The compiled tree: type-only imports are gone there. */
const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', 'lab');
/** As it is written, with them. */
const sources = resolve(root, '..', '..', 'lab');
const heart = ['analysis', 'core', 'goruntime', 'source', 'delve'];
const experiment = ['targets', 'server', 'load', 'drive', 'hang', 'capture', 'containers'];

async function modulesOf(folder: string): Promise<string[]> {
  const names = await readdir(join(root, folder), { recursive: true });
  return names.filter((name) => name.endsWith('.js')).map((name) => join(root, folder, name));
}

/** Rooms of the lab that a module imports when it is loaded; a dynamic import is the caller's decision. */
async function roomsImportedBy(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8');
  return importsIn(text).map(
    (specifier) => relative(root, resolve(dirname(file), specifier)).split('/')[0] ?? '',
  );
}

const importsIn = (text: string): readonly string[] =>
  [...text.matchAll(/^(?:import|export)\s[^;]*?from\s+'(\.[^']+)'/gm)].map((match) => match[1] ?? '');

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
    for (const file of await modulesOf('analysis')) {
      const inside = relative(join(root, 'analysis'), file);
      if (inside.startsWith('read/') || !inside.includes('/')) continue;
      const text = await readFile(file, 'utf8');
      expect(text, inside).not.to.match(/from 'node:(fs|net|child_process)|delve\/(client|launch|rpc)/);
    }
  });

  it('keeps each room of the analysis to those before it, types included', async () => {
    const rooms: Readonly<Record<string, readonly string[]>> = {
      model: [],
      graph: ['model'],
      read: ['model'],
      releasers: ['model', 'graph', 'read'],
      rules: ['model', 'graph', 'read', 'releasers'],
      findings: ['model', 'graph', 'read', 'releasers', 'rules'],
    };
    const analysis = join(sources, 'analysis');
    for (const [room, before] of Object.entries(rooms)) {
      const names = await readdir(join(analysis, room), { recursive: true });
      for (const name of names.filter((one) => one.endsWith('.ts'))) {
        const file = join(analysis, room, name);
        const imported = importsIn(await readFile(file, 'utf8'))
          .map((specifier) => relative(analysis, resolve(dirname(file), specifier)))
          .filter((path) => !path.startsWith('..'))
          .map((path) => (path.includes('/') ? (path.split('/')[0] ?? '') : 'the pipeline itself'));
        const forbidden = imported.filter((one) => one !== room && !before.includes(one));
        expect(forbidden, join(room, name)).to.deep.equal([]);
      }
    }
  });
});
