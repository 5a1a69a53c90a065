import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { forms, makeDumps, minorOf } from './make-dumps.js';

/*
 * Writes test/fixtures/dumps anew, by each Go that is named, in all forms or those named:
 * node dist/test/dump/keep-dumps.js GO... [FORM...]
 */
const folder = resolve(import.meta.dirname, '../../../test/fixtures/dumps');
const args = process.argv.slice(2);
const gos = args.filter((arg) => forms[arg] === undefined);
const wanted = args.filter((arg) => forms[arg] !== undefined);
if (gos.length === 0) {
  process.stderr.write('usage: keep-dumps GO... [FORM...] (paths of the go program of each version)\n');
  process.exit(64);
}
for (const go of gos) {
  const minor = await minorOf(go);
  const own = join(folder, `go1.${minor}`);
  const kept = Object.entries(forms).filter(([, { keep }]) => keep?.includes(minor) ?? true);
  const names = kept.map(([name]) => name).filter((name) => wanted.length === 0 || wanted.includes(name));
  const made = await makeDumps(go, names, new AbortController().signal);
  if (wanted.length === 0) await rm(own, { recursive: true, force: true });
  await mkdir(own, { recursive: true });
  for (const [name, bytes] of made) {
    await writeFile(join(own, `${name}.${name === 'proto' ? 'pb.gz' : 'txt'}`), bytes);
    process.stdout.write(`go1.${minor} ${name} ${bytes.length}\n`);
  }
}
