export interface FoundPlace {
  readonly file: string;
  readonly line: number;
  /** Where it stands in the text: `file:line` from `start` to before `end`. */
  readonly start: number;
  readonly end: number;
}

/** Finds the places that a text names, as `/src/app/main.go:20`. */
export type FindPlaces = (text: string) => readonly FoundPlace[];

/**
 * A finder that knows files: a path may have spaces, parentheses or commas in it, and where it begins in a sentence
 * only somebody can tell who knows the file, or the folder. What is known of neither is taken to be without them.
 */
export function placeFinder(files: Iterable<string>): FindPlaces {
  const byName = new Map<string, Set<string>>();
  const folders = new Set<string>();
  for (const file of files) {
    const name = nameOf(file);
    const same = byName.get(name) ?? new Set<string>();
    if (same.has(file)) continue;
    byName.set(name, same.add(file));
    for (let at = file.lastIndexOf('/'); at > 0; at = file.lastIndexOf('/', at - 1)) {
      const folder = file.slice(0, at + 1);
      if (!separator.test(folder) || folders.has(folder)) break;
      folders.add(folder);
    }
  }
  const startIn = (text: string): number => {
    const known = [...(byName.get(nameOf(text)) ?? [])]
      .filter((file) => text.endsWith(file))
      .map((file) => text.length - file.length)
      .filter((at) => beginsAt(text, at));
    return known.length > 0 ? Math.min(...known) : (startBelow(text, folders) ?? plainStart(text));
  };
  return (text) => {
    const found: FoundPlace[] = [];
    let from = 0;
    for (const match of text.matchAll(/\.(?:go|s):(\d+)/g)) {
      const nameEnd = match.index + match[0].indexOf(':');
      const before = text.slice(from, nameEnd);
      from = match.index + match[0].length;
      const at = startIn(before);
      if (at === -1) continue;
      found.push({
        ...{ file: before.slice(at), line: Number(match[1]) },
        ...{ start: nameEnd - before.length + at, end: from },
      });
    }
    return found;
  };
}

/** What ends a path in a sentence, unless it is known to be part of it. */
const separator = /[\s():;,"]/;
const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** A path does not begin in the middle of a longer one. */
function beginsAt(text: string, at: number): boolean {
  return at === 0 || !/[\p{L}\p{N}_./-]/u.test(text.charAt(at - 1));
}

/** Where a file begins that lies somewhere below one of the folders, and is no file that is known. */
function startBelow(text: string, folders: ReadonlySet<string>): number | undefined {
  let start = -1;
  for (const folder of folders) {
    const at = text.lastIndexOf(folder);
    // Another path begins after the folder: the folder was only spoken of.
    if (at > start && beginsAt(text, at) && !/[\s("]\//.test(text.slice(at + folder.length))) start = at;
  }
  return start === -1 ? undefined : start;
}

/** Where a path without separators begins that ends the text; -1 where there is none. */
function plainStart(text: string): number {
  let start = text.length;
  while (start > 0 && !separator.test(text.charAt(start - 1))) start -= 1;
  let slash = text.indexOf('/', start);
  if (slash === -1) return -1;
  while (slash > start && /[\p{L}\p{N}_.-]/u.test(text.charAt(slash - 1))) slash -= 1;
  return slash;
}
