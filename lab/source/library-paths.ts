import type { SourceStack } from './sources.js';

/** Top folders of the library's packages: a module's path may not begin with one, unless it is the main module. */
const libraryRoots = new Set(
  (
    'archive arena bufio builtin bytes cmp compress container context crypto database debug embed encoding errors ' +
    'expvar flag fmt go hash html image index internal io iter log maps math mime net os path plugin reflect ' +
    'regexp runtime simd slices sort strconv strings structs sync syscall testing text time unicode unique unsafe ' +
    'vendor weak'
  ).split(' '),
);

/**
 * Whether a file belongs to Go's own library, by its recorded path alone: below what comes before `/src/runtime/` in
 * the runtime's frames, or by import path where the program was built with `-trimpath`.
 */
export function recordedLibrary(
  stacks: readonly SourceStack[],
  mainModule: string | undefined,
): (file: string) => boolean {
  const files = stacks.flatMap(({ frames }) => frames.map(({ file }) => file));
  const root = recordedGoRoot(files);
  if (root !== '') return (file) => file.startsWith(`${root}/`);
  return (file) => {
    if (mainModule !== undefined && file.startsWith(`${mainModule}/`)) return false;
    return !file.startsWith('/') && libraryRoots.has(file.slice(0, file.indexOf('/')));
  };
}

/**
 * Whether a function belongs to Go's own library, by its name; the file decides for a main module whose path begins as
 * a package of the library does.
 */
export function isLibraryFunction({
  function: name,
  file = '',
}: {
  function: string;
  file?: string;
}): boolean {
  const [, root = ''] = /^(\w+)[./]/.exec(name) ?? [];
  if (!libraryRoots.has(root)) return false;
  const [, folder = ''] = /^\/(?:.*\/)?src\/(\w+)\//.exec(file) ?? [];
  return !file.startsWith('/') || libraryRoots.has(folder);
}

/** `GOROOT` as recorded: what comes before `/src/runtime/` in the runtime's own files; empty with `-trimpath`. */
export function recordedGoRoot(files: readonly string[]): string {
  const [, root = ''] =
    files.map((file) => /^(.*)\/src\/runtime\/\w+\.(?:go|s)$/.exec(file)).find(Boolean) ?? [];
  return root;
}

/** The package that a function belongs to, as the linker has it: `net/http` of `net/http.(*conn).serve`. */
export function packageOf(name: string): string {
  const slash = name.lastIndexOf('/');
  const dot = name.indexOf('.', slash + 1);
  return dot < 0 ? name : name.slice(0, dot);
}
