import { readFile } from 'node:fs/promises';

/** Words of build constraints that no `-tags` sets: systems, architectures, versions, the compiler. */
const given =
  /^(?:go1\.\d+|cgo|gc|gccgo|race|msan|asan|purego|unix|linux|darwin|windows|(?:free|open|net)bsd|android|js|wasip1|wasm|amd64|386|arm|arm64|riscv64|ppc64(?:le)?|s390x|mips\w*|loong64)$/;

/**
 * The `-tags` with which a program was built that has code of these files: words of their constraints that stand there
 * without a `!` before them. Files that cannot be read add none.
 */
export async function buildTagsIn(files: readonly string[]): Promise<readonly string[]> {
  const tags = new Set<string>();
  for (const file of files) {
    const text = await readFile(file, 'utf8').catch(() => '');
    const head = text.slice(0, text.search(/^package\s/m));
    const constraint = /^\/\/go:build (.*)$/m.exec(head)?.[1] ?? '';
    for (const [, not, word = ''] of constraint.matchAll(/(!?)\s*([\w.]+)/g)) {
      if (not === '' && !given.test(word)) tags.add(word);
    }
  }
  return [...tags].sort();
}
