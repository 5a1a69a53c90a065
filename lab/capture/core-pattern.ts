import { posix } from 'node:path';

/** What `/proc/sys/kernel/core_pattern` and its neighbour say, as they are read. */
export interface CoreSettings {
  readonly pattern: string;
  readonly usesPid: string;
}

/** What the kernel fills in for a process, as it is known before the process ends. */
export interface CoreFacts {
  /** In the process's own namespace. */
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
  /** `/proc/PID/comm`. */
  readonly name: string;
  /** What `/proc/PID/exe` leads to. */
  readonly exe: string;
  readonly hostname: string;
  readonly cwd: string;
}

export type CorePlace =
  | { readonly kind: 'file'; readonly folder: string; readonly name: RegExp; readonly exact?: string }
  /** The core is handed to a program, or sent to one. */
  | { readonly kind: 'program'; readonly program: string }
  | { readonly kind: 'nowhere'; readonly why: string };

/** A piece of the name: what it is, or what it will look like. */
type Piece = { readonly text: string } | { readonly like: string };

/**
 * Where the kernel will write the core of a process, by core(5) and `format_corename` of Linux (fs/coredump.c). What
 * only its end decides (signal, time, thread) becomes a part of the regular expression; `exact` is there
 * when nothing does.
 */
export function resolveCorePattern({ pattern, usesPid }: CoreSettings, facts: CoreFacts): CorePlace {
  const text = pattern.replace(/\n$/, '');
  const elsewhere = programOf(text);
  if (elsewhere !== undefined) return elsewhere;
  const { pieces, hasPid } = piecesOf(text, facts);
  if (!hasPid && /^\s*[1-9]/.test(usesPid)) pieces.push({ text: `.${facts.pid}` });
  if (pieces.length === 0) return { kind: 'nowhere', why: 'it is empty' };

  const last = pieces.findLastIndex((piece) => 'text' in piece && piece.text.includes('/'));
  const before = pieces.slice(0, last);
  if (before.some((piece) => 'like' in piece))
    return { kind: 'nowhere', why: 'it names a folder after what is known at the end of a process only' };
  const middle = textOf(pieces.slice(last, last + 1));
  const cut = last < 0 ? 0 : middle.lastIndexOf('/') + 1;
  const folder = posix.resolve(facts.cwd, last < 0 ? '' : `${textOf(before)}${middle.slice(0, cut)}`);
  const rest: readonly Piece[] = last < 0 ? pieces : [{ text: middle.slice(cut) }, ...pieces.slice(last + 1)];
  const name = new RegExp(
    `^${rest.map((piece) => ('text' in piece ? quoted(piece.text) : piece.like)).join('')}$`,
  );
  const known = rest.every((piece) => 'text' in piece);
  if (known && textOf(rest) === '') return { kind: 'nowhere', why: 'it ends with a slash' };
  return { kind: 'file', folder, name, ...(known ? { exact: textOf(rest) } : {}) };
}

/** The part that can be told without a process: whether any of them leaves a file at all. */
export function programOf(pattern: string): Extract<CorePlace, { kind: 'program' }> | undefined {
  const text = pattern.replace(/\n$/, '');
  if (text.startsWith('|')) return { kind: 'program', program: text.slice(1).trim() };
  if (text.startsWith('@')) return { kind: 'program', program: `the socket ${text.replace(/^@+/, '')}` };
  return undefined;
}

function piecesOf(pattern: string, facts: CoreFacts): { pieces: Piece[]; hasPid: boolean } {
  const pieces: Piece[] = [];
  let hasPid = false;
  for (const [, letter, plain] of pattern.matchAll(/%(.?)|([^%]+)/gs)) {
    if (plain !== undefined) pieces.push({ text: plain });
    if (letter === 'p') hasPid = true;
    const piece = letter === undefined ? undefined : pieceOf(letter, facts);
    if (piece !== undefined) pieces.push(piece);
  }
  return { pieces, hasPid };
}

/** A letter that means nothing is dropped, and so is a percent sign at the end. */
function pieceOf(letter: string, facts: CoreFacts): Piece | undefined {
  switch (letter) {
    case '%':
      return { text: '%' };
    case 'p':
      return { text: String(facts.pid) };
    case 'u':
      return { text: String(facts.uid) };
    case 'g':
      return { text: String(facts.gid) };
    case 'e':
      return { text: component(facts.name) };
    case 'f':
      return { text: component(posix.basename(facts.exe)) };
    case 'E':
      return { text: component(facts.exe) };
    case 'h':
      return { text: component(facts.hostname) };
    // Pid outside of all namespaces, thread in and outside, signal, time, kind of dump, limit, processor.
    case 'P':
    case 'i':
    case 'I':
    case 's':
    case 't':
    case 'd':
    case 'c':
    case 'C':
      return { like: '\\d+' };
    default:
      return undefined;
  }
}

/** No part of a name may lead to another folder. */
function component(text: string): string {
  if (text === '' || text === '.') return '!';
  return (text === '..' ? '!.' : text).replaceAll('/', '!');
}

function textOf(pieces: readonly Piece[]): string {
  return pieces.map((piece) => ('text' in piece ? piece.text : '')).join('');
}

function quoted(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
