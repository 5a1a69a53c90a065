import { createHash } from 'node:crypto';
import { access, chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliDecompress } from 'node:zlib';
import { z } from 'zod';
import { LabError } from '../errors.js';
import { readJson } from '../json-file.js';
import { projectRoot } from '../paths.js';
import { installInto } from './cache.js';

/** Programs that a release has in its package, so that a machine without Go and without a network can use them. */
export const carriedFolder = join(projectRoot, 'carried');

export const carriedKinds = ['capture', 'facts', 'delve'] as const;
export type CarriedKind = (typeof carriedKinds)[number];

export const carriedSchema = z.object({
  /** That built them, for example `go1.26.8`. */
  go: z.string(),
  programs: z.array(
    z.object({
      kind: z.enum(carriedKinds),
      /** As Go names it. */
      architecture: z.enum(['amd64', 'arm64']),
      /** The folder of the cache where a build of the same sources would lie, and the file in it. */
      entry: z.string().regex(/^[\w.-]+$/),
      path: z.string().regex(/^(?:bin\/)?[a-z]+$/),
      /** Compressed by brotli, in {@link carriedFolder}. */
      file: z.string().regex(/^[\w.-]+$/),
      /** Of the program itself, in hexadecimal digits. */
      sha256: z.string(),
    }),
  ),
});
export type Carried = z.infer<typeof carriedSchema>;

const architectures: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };
const decompress = promisify(brotliDecompress);

export interface CarriedOptions {
  readonly cache: string;
  /** This machine's unless named. */
  readonly architecture?: string | undefined;
  /** {@link carriedFolder} unless named. */
  readonly folder?: string;
}

/**
 * Puts the carried programs of a kind where the cache would have them if they had been built here, so that whoever looks for
 * a built one finds them. Does nothing in a checkout, which carries none, and for what is there already. Throws
 * `internal` for a package whose files are damaged, `no-space` and `missing-permission` of the cache.
 */
export async function unpackCarried(kind: CarriedKind, options: CarriedOptions): Promise<void> {
  const { cache, architecture = architectures[process.arch], folder = carriedFolder } = options;
  const list = join(folder, 'carried.json');
  if (!(await isThere(list))) return;
  const { programs } = await readJson(list, carriedSchema);
  for (const program of programs) {
    if (program.kind !== kind || program.architecture !== architecture) continue;
    const isWhole = (at: string) => isThere(join(at, program.path));
    if (await isWhole(join(cache, program.entry))) continue;
    const fill = async (at: string): Promise<void> => {
      const bytes = await decompress(await readFile(join(folder, program.file)));
      if (createHash('sha256').update(bytes).digest('hex') !== program.sha256) {
        throw new LabError(`${join(folder, program.file)} is damaged: its checksum is another`, {
          code: 'internal',
          hint: 'install the package again',
        });
      }
      const path = join(at, program.path);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, bytes);
      await chmod(path, 0o755);
    };
    await installInto(cache, program.entry, fill, isWhole);
  }
}

async function isThere(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
