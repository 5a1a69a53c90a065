import { readFile } from 'node:fs/promises';
import { lineOf, type Node, type ParseGo, parsed } from '../source/parser.js';
import type { SourceRead } from '../source/program.js';

/** What decides which parts of Go's library are looked at. */
export interface Needed {
  /** Names of functions, methods and fields of the program: the library is searched for them. */
  readonly names: ReadonlySet<string>;
  /** Lines that the diagnosis names, by recorded paths: every line of every stack is among them. */
  readonly lines: ReadonlyMap<string, ReadonlySet<number>>;
}

/** Stands in the place of what is left out. */
const mark = '// not in the kit';

/** Shorter tables and one-line bodies are left as they are. */
const longValue = 256;

/** What a diagnosis that was made with these sources needs of Go's library. */
export async function neededOf(
  diagnosis: object,
  sources: readonly SourceRead[],
  parse: ParseGo,
): Promise<Needed> {
  const names = new Set<string>();
  for (const { local, library } of sources) {
    if (library) continue;
    using tree = parsed(await readFile(local, 'utf8'), parse);
    for (const node of tree.root.descendantsOfType([
      ...['function_declaration', 'method_declaration', 'method_elem', 'method_spec', 'field_declaration'],
    ])) {
      for (const name of node?.childrenForFieldName('name') ?? []) names.add(name?.text ?? '');
    }
  }
  const lines = new Map<string, Set<number>>();
  collectLines(diagnosis, lines);
  return { names, lines };
}

function collectLines(value: unknown, lines: Map<string, Set<number>>): void {
  if (typeof value !== 'object' || value === null) return;
  if ('file' in value && 'line' in value && typeof value.file === 'string') {
    const known = lines.get(value.file) ?? new Set();
    lines.set(value.file, known.add(Number(value.line)));
  }
  for (const inner of Object.values(value)) collectLines(inner, lines);
}

/**
 * A file of Go's library without the insides of functions in which no goroutine stands and which name nothing that the
 * library is searched for, nor of long tables. Declarations stay, and every line keeps its number.
 */
export function withoutInsides(text: string, path: string, needed: Needed, parse: ParseGo): string {
  const lines = needed.lines.get(path);
  const parts: string[] = [];
  let at = 0;
  using tree = parsed(text, parse);
  for (const { startIndex, endIndex, startPosition } of insidesOf(tree.root)) {
    const inside = text.slice(startIndex, endIndex);
    const lineEnds = inside.split('\n').length - 1;
    const first = startPosition.row + 1;
    const stands = Array.from({ length: lineEnds + 1 }, (_, i) => first + i).some((n) => lines?.has(n));
    if (stands || mentions(inside, needed.names)) continue;
    const [open, close] = inside.startsWith('{') ? ['{', '}'] : ['""', ''];
    parts.push(
      text.slice(at, startIndex),
      open,
      lineEnds > 0 ? ` ${mark}` : '',
      '\n'.repeat(lineEnds),
      close,
    );
    at = endIndex;
  }
  return parts.join('') + text.slice(at);
}

/** Bodies of functions of several lines, and long values of package variables and constants, in their order. */
function insidesOf(root: Node): Node[] {
  return root.namedChildren.flatMap((node) => {
    if (node === null) return [];
    if (node.type === 'function_declaration' || node.type === 'method_declaration') {
      const body = node.childForFieldName('body');
      return body !== null && lineOf(body) < body.endPosition.row ? [body] : [];
    }
    if (node.type !== 'var_declaration' && node.type !== 'const_declaration') return [];
    return node
      .descendantsOfType(['var_spec', 'const_spec'])
      .flatMap((spec) => spec?.childForFieldName('value')?.namedChildren ?? [])
      .flatMap((value) => (value === null ? [] : (tableOf(value) ?? [])));
  });
}

function tableOf(value: Node): Node | undefined {
  const literal = value.type === 'unary_expression' ? value.childForFieldName('operand') : value;
  if (literal === null || literal.endIndex - literal.startIndex < longValue) return undefined;
  if (literal.type === 'composite_literal') return literal.childForFieldName('body') ?? undefined;
  return isText(literal) ? literal : undefined;
}

/** A string, put together of pieces or not. */
function isText({ type, namedChildren }: Node): boolean {
  if (type === 'interpreted_string_literal' || type === 'raw_string_literal') return true;
  return (
    type === 'binary_expression' &&
    namedChildren.every((child) => child === null || child.type === 'comment' || isText(child))
  );
}

function mentions(inside: string, names: ReadonlySet<string>): boolean {
  for (const [, name = ''] of inside.matchAll(/(\w+)[([]/g)) if (names.has(name)) return true;
  return false;
}
