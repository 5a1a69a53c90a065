import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { importsIn, sourceGraph } from './import-graph.js';

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

describe('the architecture', function () {
  this.timeout(60_000);
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

  it('is as docs/architecture.md draws it: no folder imports from a row above its own, types included', async () => {
    const page = await readFile(join(sources, '..', 'docs', 'architecture.md'), 'utf8');
    const picture = /^```picture\n([\s\S]*?)^```/m.exec(page)?.[1] ?? '';
    const rows = picture
      .split(/^\+-+\+.*$/m)
      .map((row) =>
        row.split('\n').flatMap((line) => (line.split('|')[1] ?? '').split(/\s+/).filter(Boolean)),
      );
    const rowOf = new Map(rows.flatMap((names, i) => names.map((name) => [name, i] as const)));
    const entries = await readdir(sources, { withFileTypes: true });
    const folders = entries.filter((entry) => entry.isDirectory() && entry.name !== 'web');
    expect([...rowOf.keys()]).to.have.members(folders.map(({ name }) => name));
    const upwards = [...(await sourceGraph('lab'))].flatMap(([file, imported]) =>
      imported
        .filter((to) => (rowOf.get(folderOf(to)) ?? 99) < (rowOf.get(folderOf(file)) ?? 0))
        .map((to) => `${file} -> ${to}`),
    );
    expect(upwards).to.deep.equal([]);
  });
});

const folderOf = (file: string): string => (file.includes('/') ? (file.split('/')[0] ?? '') : '');
