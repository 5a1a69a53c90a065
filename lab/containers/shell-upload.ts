/** Folders of a container that may take a program, the likeliest first; the root is empty here. */
export const uploadFolders = ['/tmp', '/var/tmp', '', '/dev/shm'] as const;

const each = `for d in ${uploadFolders.map((folder) => `"${folder}"`).join(' ')}; do`;

/**
 * A script for a POSIX shell that has cat, chmod and rm. It puts what comes on stdin into the first folder that takes a
 * file and runs it, and prints its path; `$0` is the name of the file.
 */
export const uploadScript = [
  'src=',
  each,
  '  f="$d/$0"',
  '  if [ -n "$src" ]; then { cat "$src" > "$f"; } 2> /dev/null; else { cat > "$f"; } 2> /dev/null; fi || continue',
  '  chmod 0700 "$f"',
  '  if "$f" version > /dev/null 2>&1; then',
  '    if [ -n "$src" ]; then rm -f "$src"; fi',
  '    echo "$f"; exit 0',
  '  fi',
  '  if [ -n "$src" ]; then rm -f "$src"; fi',
  '  src="$f"',
  'done',
  'if [ -n "$src" ]; then "$src" version; rm -f "$src"; fi',
  'echo "no folder takes a program and runs it" >&2; exit 1',
].join('\n');

/**
 * What a debug container does: it waits, and ends when {@link endScript} says so, or when the helper `$0` was not run for a
 * minute. Its process table is the service's, where this shell may not end anything.
 */
export const waitScript = [
  'idle=0',
  'while [ "$idle" -lt 60 ]; do',
  `  ${each} if [ -e "$d/$0-end" ]; then exit 0; fi; done`,
  '  running=',
  '  for p in /proc/[0-9]*; do',
  '    c=; { read -r c < "$p/comm"; } 2> /dev/null',
  '    if [ "$c" = "$0" ]; then running=1; fi',
  '  done',
  '  if [ -n "$running" ]; then idle=0; else idle=$((idle + 1)); fi',
  '  sleep 1',
  'done',
].join('\n');

/** Ends the debug container of the helper `$0`. */
export const endScript = [
  `${each} rm -f "$d/$0"; done`,
  `${each} { : > "$d/$0-end"; } 2> /dev/null && exit 0; done`,
  'exit 1',
].join('\n');

/** Bytes that the kernel keeps of a program's name (proc(5), comm): the script tells programs by it. */
const commLength = 15;

/** A name for the helper in a container, which no other capture has. */
export const helperName = (token: string): string => `lab-${token}`.slice(0, commLength);
