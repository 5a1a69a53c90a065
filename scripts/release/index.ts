import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { execa } from 'execa';
import { abortOnSignals } from '../../lab/cli/signals.js';
import { toLabError } from '../../lab/errors.js';
import { projectRoot } from '../../lab/paths.js';
import { carriedFolder } from '../../lab/toolchain/carried.js';
import { modulesOf, withDelve, writeBill, writeNotices } from './bill.js';
import { buildPrograms, copyPrograms, releaseGo, writeCarried } from './programs.js';

/**
 * Makes a release of the project as it is built: the package with the programs that it carries, these programs by
 * themselves, the bill of materials, and the checksums of all. The same commit, Go, Node and npm make the same bytes.
 */
async function release(folder: string, signal: AbortSignal): Promise<readonly string[]> {
  const go = await releaseGo(signal);
  await mkdir(folder, { recursive: true });
  const cache = await mkdtemp(join(tmpdir(), 'lab-release-'));
  try {
    say(`building the programs with ${go.release.text}`);
    const built = await buildPrograms(go, cache, signal);
    say('compressing them');
    await writeCarried(go, built, carriedFolder);
    const modules = withDelve(await modulesOf(go, built), built);
    await writeNotices(go, modules, join(projectRoot, 'THIRD-PARTY-NOTICES.txt'), signal);
    const bill = join(projectRoot, 'sbom.cdx.json');
    await writeBill(projectRoot, { go, modules, time: await moment() }, bill);
    say('packing');
    const argv = ['pack', '--json', '--pack-destination', folder];
    const { stdout } = await execa('npm', argv, { cwd: projectRoot, cancelSignal: signal });
    const packed = /"filename":\s*"([^"]+)"/.exec(stdout)?.[1] ?? '';
    await writeFile(join(folder, 'sbom.cdx.json'), await readFile(bill));
    const names = [packed, 'sbom.cdx.json', ...(await copyPrograms(built, folder))].sort();
    await writeFile(join(folder, 'SHA256SUMS'), (await Promise.all(names.map(sumOf))).join(''));
    return [...names, 'SHA256SUMS'].map((name) => join(folder, name));
  } finally {
    await rm(cache, { recursive: true, force: true });
  }

  async function sumOf(name: string): Promise<string> {
    const digest = createHash('sha256').update(await readFile(join(folder, name)));
    return `${digest.digest('hex')}  ${name}\n`;
  }
}

/** Of the commit, or what `SOURCE_DATE_EPOCH` says (reproducible-builds.org), in seconds. */
async function moment(): Promise<Date> {
  const said = process.env['SOURCE_DATE_EPOCH'];
  if (said !== undefined) return new Date(Number(said) * 1000);
  const { stdout } = await execa('git', ['-C', projectRoot, 'log', '-1', '--format=%ct']);
  return new Date(Number(stdout) * 1000);
}

const say = (text: string): boolean => process.stderr.write(`${text} ...\n`);

const { values } = parseArgs({ options: { output: { type: 'string', short: 'o', default: 'release' } } });
try {
  const files = await release(resolve(values.output), abortOnSignals());
  process.stdout.write(`${files.join('\n')}\n`);
} catch (thrown) {
  const error = toLabError(thrown);
  process.stderr.write(`${error.message}\n${error.hint === undefined ? '' : `-> ${error.hint}\n`}`);
  process.exitCode = error.exitCode;
}
