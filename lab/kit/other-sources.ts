import { existsSync } from 'node:fs';
import { mkdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { otherSourcesFolder } from '../run-sources.js';
import { loadGoParser, type Node, type ParseGo, parsed } from '../source/parser.js';
import type { SourceRead } from '../source/program.js';
import { inFolder } from './archive.js';
import { type Needed, withoutInsides } from './needed-sources.js';

const license = 'LICENSE';

/**
 * Puts sources that the analysis read into a kit's folder by their recorded paths, without comments: half of the Go
 * library is comments. Lines and columns of code stay; so do the first comment of a file, which tells its licence, and
 * directives. Of Go's library only what is needed stays, where that is told. Returns the files by their paths in the kit.
 */
export async function writeOtherSources(
  sources: readonly SourceRead[],
  kit: string,
  needed: Needed | undefined,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const parse = await loadGoParser();
  const files = new Map<string, string>();
  const put = async (path: string, text: string, mtime: Date) => {
    const to = inFolder(kit, path);
    await mkdir(dirname(to), { recursive: true });
    await writeFile(to, text, { mode: 0o600 });
    await utimes(to, mtime, mtime);
    files.set(path, to);
  };
  const roots = new Set<string>();
  for (const { recorded, local, library } of sources) {
    signal.throwIfAborted();
    const { mtime } = await stat(local);
    const text = withoutComments(await readFile(local, 'utf8'), parse);
    const short = needed === undefined || !library ? text : withoutInsides(text, recorded, needed, parse);
    await put(otherSourcesFolder + recorded, short, mtime);
    const root = local.lastIndexOf('/src/');
    if (root >= 0) roots.add(local.slice(0, root));
  }
  for (const root of roots) {
    const from = join(root, license);
    if (!existsSync(from)) continue;
    await put(
      `${otherSourcesFolder}${root}/${license}`,
      await readFile(from, 'utf8'),
      (await stat(from)).mtime,
    );
  }
  return files;
}

/** Exported for its test. */
export function withoutComments(text: string, parse: ParseGo): string {
  using tree = parsed(text, parse);
  const comments: Node[] = [];
  for (const node of tree.root.descendantsOfType('comment')) if (node !== null) comments.push(node);
  const parts: string[] = [];
  let at = 0;
  for (const [i, { startIndex, endIndex }] of comments.entries()) {
    const comment = text.slice(startIndex, endIndex);
    // `//go:build`, `//line`, `//export`, `// +build`; a block may be the C code of an `import "C"`.
    const kept =
      i === 0 ||
      isFirstBlock(text, comments, i) ||
      /^\/\/(?:go:|line |export |extern |\S+:| \+build)/.test(comment);
    if (kept || comment.startsWith('/*')) continue;
    parts.push(text.slice(at, startIndex).replace(/[ \t]+$/, ''));
    at = endIndex;
  }
  return parts.join('') + text.slice(at);
}

/** Whether only line ends lie between a comment and the first one. */
function isFirstBlock(text: string, comments: readonly Node[], i: number): boolean {
  const between = text.slice(comments[0]?.startIndex, comments[i]?.startIndex);
  return /^(?:\/\/[^\n]*\n)+$/.test(between);
}
