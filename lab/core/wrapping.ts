import { isElf } from './elf-format.js';

/** What the first bytes of a file say that it is; names say nothing. */
export type Wrapping =
  | { readonly kind: 'none' }
  | { readonly kind: 'compressed'; readonly compression: Compression }
  | { readonly kind: 'archive'; readonly archive: 'zip' | 'tar' }
  /** Known by name, and not read; `command` unpacks a file that is appended to it. */
  | { readonly kind: 'unknown'; readonly name: string; readonly command: string };

export type Compression = 'gzip' | 'zstd' | 'xz' | 'lz4';

/** Bytes of a beginning that tell all there is to tell. */
export const headSize = 512;
export const knownWrappings = 'gzip, zstd, xz, lz4, zip and tar are read as they are';

const compressions: readonly (readonly [RegExp, Compression])[] = [
  [/^1f8b/, 'gzip'],
  // A skippable frame, too, is where files of pzstd begin.
  [/^(?:28b52ffd|5.2a4d18)/, 'zstd'],
  [/^fd377a585a00/, 'xz'],
  [/^(?:04224d18|02214c18)/, 'lz4'],
];

const others: readonly (readonly [RegExp, string, string])[] = [
  [/^425a68/, 'compressed with bzip2', 'bzip2 -dk'],
  [/^377abcaf271c/, 'a 7-Zip archive', '7z x'],
  [/^52617221/, 'a RAR archive', 'unrar x'],
  [/^1f9d/, 'compressed with compress', 'uncompress -k'],
  [/^5d0000..00/, 'compressed with lzma', 'xz -dk'],
  [/^894c5a4f/, 'compressed with lzop', 'lzop -dk'],
  [/^ff060000734e61507059/, 'compressed with Snappy', 'snzip -dk'],
  // "ProblemType"
  [/^50726f626c656d54797065/, 'a report of apport', 'apport-unpack'],
];

/** Brotli has no first bytes of its own. */
const byName: readonly (readonly [RegExp, string, string])[] = [
  [/\.br$/i, 'compressed with Brotli', 'brotli -dk'],
];

/** Reads what a file begins with, at least {@link headSize} bytes where it has as many. */
export function wrappingOf(head: Buffer, name: string): Wrapping {
  if (isElf(head)) return { kind: 'none' };
  const hex = head.subarray(0, 16).toString('hex');
  const compressed = compressions.find(([magic]) => magic.test(hex));
  if (compressed !== undefined) return { kind: 'compressed', compression: compressed[1] };
  if (/^504b(?:0304|0506|0708)/.test(hex)) return { kind: 'archive', archive: 'zip' };
  if (isTarHeader(head)) return { kind: 'archive', archive: 'tar' };
  const other = others.find(([magic]) => magic.test(hex)) ?? byName.find(([end]) => end.test(name));
  if (other === undefined) return { kind: 'none' };
  return { kind: 'unknown', name: other[1], command: other[2] };
}

/** tar(5): the sum of a header's bytes, with blanks in place of the sum. Old archives have no other mark. */
function isTarHeader(head: Buffer): boolean {
  if (head.length < headSize) return false;
  const told = /^ *([0-7]+)[\0 ]/.exec(head.toString('latin1', 148, 156))?.[1];
  if (told === undefined) return false;
  let sum = 8 * 0x20;
  for (let at = 0; at < headSize; at++) if (at < 148 || at >= 156) sum += head[at] ?? 0;
  return sum === Number.parseInt(told, 8);
}
