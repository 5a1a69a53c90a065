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
  const runtime = files.find((file) => /(?:^|\/src\/)runtime\/\w+\.[gs]o?$/.test(file)) ?? '';
  const at = runtime.lastIndexOf('/src/runtime/');
  if (at >= 0) return (file) => file.startsWith(`${runtime.slice(0, at)}/`);
  return (file) => {
    if (mainModule !== undefined && file.startsWith(`${mainModule}/`)) return false;
    return !file.startsWith('/') && libraryRoots.has(file.slice(0, file.indexOf('/')));
  };
}
