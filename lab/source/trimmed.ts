/** Top folders of the library's packages: a module's path may not begin with one, unless it is the main module. */
const libraryRoots = new Set(
  (
    'archive arena bufio builtin bytes cmp compress container context crypto database debug embed encoding errors ' +
    'expvar flag fmt go hash html image index internal io iter log maps math mime net os path plugin reflect ' +
    'regexp runtime simd slices sort strconv strings structs sync syscall testing text time unicode unique unsafe ' +
    'vendor weak'
  ).split(' '),
);

/** Whether the program was built with `-trimpath`: its sources are recorded by import path (`go help build`). */
export const isTrimmed = (files: readonly string[]): boolean => files.includes('runtime/proc.go');

/** Whether a source recorded by import path belongs to Go's own library. */
export function isTrimmedLibrary(path: string, mainModule: string | undefined): boolean {
  if (mainModule !== undefined && path.startsWith(`${mainModule}/`)) return false;
  return libraryRoots.has(path.slice(0, path.indexOf('/')));
}

/** What the compiler, cgo and the linker make up has no file. */
export function isRecordedFile(path: string, trimmed: boolean): boolean {
  if (!path.endsWith('.go')) return false;
  return path.startsWith('/') || (trimmed && path.includes('/') && !/^<|(?:^|\/)_cgo_/.test(path));
}
