import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { execa } from 'execa';
import { z } from 'zod';
import type { GoTool } from '../../lab/toolchain/go.js';
import { type BuiltProgram, moduleFolder } from './programs.js';

/** A Go module that is part of a carried program. */
export interface GoModule {
  readonly path: string;
  /** With its `v`. */
  readonly version: string;
  /** Of go.sum, `h1:` and base64. */
  readonly sum: string;
  /** Programs that it is part of. */
  readonly within: readonly string[];
}

const bomSchema = z.looseObject({
  metadata: z.looseObject({ component: z.looseObject({ name: z.string() }) }),
  components: z.array(z.looseObject({ 'bom-ref': z.string() })),
});

const named = z.object({ name: z.string() });

/** What the programs were made of: `go version -m` reads it from themselves. */
export async function modulesOf(go: GoTool, built: readonly BuiltProgram[]): Promise<readonly GoModule[]> {
  const modules = new Map<string, { path: string; version: string; sum: string; within: Set<string> }>();
  for (const { kind, file } of built) {
    const { stdout } = await execa(go.path, ['version', '-m', file]);
    // Delve is the main module of its own program, and has no checksum there.
    for (const [, , path = '', version = '', sum = ''] of stdout.matchAll(
      /^\t(dep|mod)\t(\S+)\t(v\S+)\t?(\S*)$/gm,
    )) {
      const one = modules.get(`${path}@${version}`) ?? { path, version, sum, within: new Set() };
      one.within.add(kind);
      modules.set(`${path}@${version}`, one);
    }
  }
  return [...modules.values()]
    .map((one) => ({ ...one, within: [...one.within].sort() }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Delve's own version, which a build from its unpacked module does not know. */
export function withDelve(modules: readonly GoModule[], built: readonly BuiltProgram[]): readonly GoModule[] {
  const version = /^delve-([\d.]+)-/.exec(built.find(({ kind }) => kind === 'delve')?.entry ?? '')?.[1];
  if (version === undefined) return modules;
  const delve = { path: 'github.com/go-delve/delve', version: `v${version}`, sum: '', within: ['delve'] };
  return [delve, ...modules.filter(({ path }) => path !== delve.path)];
}

/** The licences of Go's library and of every module, each with its text as its authors give it. */
export async function writeNotices(
  go: GoTool,
  modules: readonly GoModule[],
  file: string,
  signal: AbortSignal,
): Promise<void> {
  const parts = ['Licences of what the programs in the folder carried are made of.'];
  const { stdout: goRoot } = await execa(go.path, ['env', 'GOROOT']);
  const add = async (title: string, folder: string): Promise<void> => {
    const names = (await readdir(folder)).filter((name) => /^(licen[cs]e|copying|notice)/i.test(name)).sort();
    const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
    parts.push([title, ...texts.map((text) => text.trim())].join('\n\n'));
  };
  await add(`The Go library and runtime, ${go.release.text}`, goRoot.trim());
  for (const { path, version, within } of modules) {
    const folder = await moduleFolder(go, `${path}@${version}`, signal);
    await add(`${path} ${version}, in ${within.join(' and ')}`, folder);
  }
  await writeFile(file, `${parts.join(`\n\n${'='.repeat(80)}\n\n`)}\n`);
}

/**
 * The software bill of materials, CycloneDX 1.5: npm's own of the packages, with the Go modules added. npm gives it a random
 * number, the time, and the checkout's folder as the name of the package; here the first two follow from what is in it and from `time`, so
 * that the same release has the same bill wherever it is made.
 */
export async function writeBill(
  root: string,
  { go, modules, time }: { readonly go: GoTool; readonly modules: readonly GoModule[]; readonly time: Date },
  file: string,
): Promise<void> {
  const argv = ['sbom', '--sbom-format', 'cyclonedx', '--omit', 'dev', '--package-lock-only'];
  const { stdout } = await execa('npm', argv, { cwd: root });
  const bom = bomSchema.parse(JSON.parse(stdout));
  const library = {
    ...{ 'bom-ref': `std@${go.version}`, type: 'library', name: 'std', version: go.version },
    purl: `pkg:golang/std@${go.version}`,
  };
  const added = modules.map(({ path, version, within }) => ({
    ...{ 'bom-ref': `${path}@${version}`, type: 'library', name: path, version },
    purl: `pkg:golang/${path}@${version}`,
    properties: within.map((name) => ({ name: 'carried', value: basename(name) })),
  }));
  const components = [...bom.components, library, ...added];
  const { name } = named.parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')));
  const component = { ...bom.metadata.component, name };
  const metadata = { ...bom.metadata, component, timestamp: time.toISOString() };
  const whole = { ...bom, metadata, components };
  const digest = createHash('sha256')
    .update(JSON.stringify({ ...whole, serialNumber: '' }))
    .digest('hex');
  // Version 8 of RFC 9562: bits of one's own choice.
  const uuid = `${digest.slice(0, 8)}-${digest.slice(8, 12)}-8${digest.slice(13, 16)}-8${digest.slice(17, 20)}-${digest.slice(20, 32)}`;
  const text = JSON.stringify({ ...whole, serialNumber: `urn:uuid:${uuid}` }, null, 2);
  await writeFile(file, `${text}\n`);
}
