import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, readSync } from 'node:fs';
import { basename } from 'node:path';

/**
 * The process below `root` that hangs: a Go program that started none itself and is no tool of the go command; a test
 * before anything else. `{ pid, exe }`, or `undefined`.
 */
export function hungProcess(root) {
  const all = processes();
  const below = new Set([root]);
  for (let grew = true; grew; ) {
    const before = below.size;
    for (const { pid, parent } of all) if (below.has(parent)) below.add(pid);
    grew = below.size > before;
  }
  const parents = new Set(all.filter(({ pid }) => below.has(pid)).map(({ parent }) => parent));
  const leaves = all
    .filter(({ pid }) => below.has(pid) && !parents.has(pid))
    .map(({ pid }) => ({ pid, exe: exeOf(pid) }))
    .filter(({ pid, exe }) => exe !== undefined && !/\/(?:bin\/go|pkg\/tool\/.*)$/.test(exe) && isGo(pid));
  return leaves.find(({ exe }) => basename(exe).endsWith('.test')) ?? leaves[0];
}

/** proc_pid_stat(5): the parent stands behind the name, which may hold anything. */
function processes() {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        const [, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        return [{ pid: Number(name), parent: Number(parent) }];
      } catch {
        return []; // it has ended meanwhile
      }
    });
}

function exeOf(pid) {
  try {
    return readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, '');
  } catch {
    return undefined;
  }
}

/** Whether a program has what Go's linker puts near its beginning: the magic of its build information. */
function isGo(pid) {
  const magic = Buffer.from('\xff Go buildinf:', 'latin1');
  const piece = Buffer.alloc(4 << 20);
  try {
    const file = openSync(`/proc/${pid}/exe`, 'r');
    try {
      for (let at = 0, read = 1; read > 0; at += piece.length - magic.length) {
        read = readSync(file, piece, 0, piece.length, at);
        if (piece.subarray(0, read).includes(magic)) return true;
        if (read < piece.length) return false;
      }
    } finally {
      closeSync(file);
    }
  } catch {
    return false; // it has ended meanwhile, or is another user's
  }
  return false;
}
