import { dirname } from 'node:path/posix';
import { childrenOf, type Node } from './parser.js';
import type { Program, SourceFile } from './program.js';

/** What a file's import name stands for: a folder of the program's own sources, or Go's library. */
export type Imported =
  | { readonly kind: 'user'; readonly directory: string }
  | { readonly kind: 'library'; readonly path: string };

/** What a package declares at its top level. */
export type Declared =
  | { readonly kind: 'type'; readonly node: Node; readonly file: string }
  | DeclaredFunction
  | {
      readonly kind: 'variable' | 'constant';
      readonly node: Node;
      readonly name: Node;
      readonly file: string;
    };

export interface DeclaredFunction {
  readonly kind: 'function';
  readonly node: Node;
  readonly file: string;
}

export interface Package {
  readonly files: readonly SourceFile[];
  readonly names: ReadonlyMap<string, Declared>;
  /** Methods by `Type.name`. */
  readonly methods: ReadonlyMap<string, DeclaredFunction>;
}

interface Known {
  readonly packages: Map<string, Package>;
  readonly imports: Map<string, ReadonlyMap<string, Imported | undefined>>;
  readonly directories: readonly string[];
  readonly library: ReadonlySet<string>;
}

const knownOf = new WeakMap<Program, Known>();

function known(program: Program): Known {
  const before = knownOf.get(program);
  if (before !== undefined) return before;
  const made: Known = {
    packages: new Map(),
    imports: new Map(),
    directories: [...new Set(program.userFiles.map((file) => dirname(file)))],
    library: new Set(program.libraryFiles.map((file) => importPath(dirname(file)))),
  };
  knownOf.set(program, made);
  return made;
}

const importPath = (directory: string) => {
  const at = directory.lastIndexOf('/src/');
  return at < 0 ? directory : directory.slice(at + '/src/'.length);
};

export const userDirectories = (program: Program) => known(program).directories;

export function packageIn(directory: string, program: Program): Package {
  const { packages } = known(program);
  const before = packages.get(directory);
  if (before !== undefined) return before;
  const files = program.userFiles
    .filter((file) => dirname(file) === directory)
    .flatMap((file) => program.parse(file) ?? []);
  const names = new Map<string, Declared>();
  const methods = new Map<string, DeclaredFunction>();
  for (const { root, path: file } of files) {
    for (const node of childrenOf(root)) {
      const name = node.childForFieldName('name')?.text ?? '';
      if (node.type === 'function_declaration') names.set(name, { kind: 'function', node, file });
      if (node.type === 'method_declaration') {
        methods.set(`${receiverName(node)}.${name}`, { kind: 'function', node, file });
      }
      for (const declared of declaredBy(node, file)) names.set(declared[0], declared[1]);
    }
  }
  const made = { files, names, methods };
  packages.set(directory, made);
  return made;
}

function receiverName(method: Node): string {
  const type = method.childForFieldName('receiver')?.namedChildren[0]?.childForFieldName('type');
  return /^[(*\s]*(\w+)/u.exec(type?.text ?? '')?.[1] ?? '';
}

function declaredBy(node: Node, file: string): (readonly [string, Declared])[] {
  if (node.type === 'type_declaration') {
    return childrenOf(node).map((spec) => [
      spec.childForFieldName('name')?.text ?? '',
      { kind: 'type', node: spec, file },
    ]);
  }
  const kind = node.type === 'var_declaration' ? 'variable' : 'constant';
  if (kind === 'constant' && node.type !== 'const_declaration') return [];
  return node.descendantsOfType(['var_spec', 'const_spec']).flatMap((spec) =>
    spec
      .childrenForFieldName('name')
      .filter(({ type }) => type === 'identifier')
      .map((name) => [name.text, { kind, node: spec, name, file }] as const),
  );
}

/** The imports of a file by the names that it uses; `undefined` for a package that was not recognised. */
export function importsOf(
  file: string,
  root: Node,
  program: Program,
): ReadonlyMap<string, Imported | undefined> {
  const { imports } = known(program);
  const before = imports.get(file);
  if (before !== undefined) return before;
  const made = new Map(
    root.descendantsOfType(['import_spec']).flatMap((spec) => {
      const path = spec.childForFieldName('path')?.text.slice(1, -1) ?? '';
      const found = packageOfPath(path, program);
      const alias = spec.childForFieldName('name')?.text ?? nameOf(path, found, program);
      return [[alias, found] as const];
    }),
  );
  imports.set(file, made);
  return made;
}

/** By its package clause, where that can be read; the version of a module is no name. */
function nameOf(path: string, found: Imported | undefined, program: Program): string {
  const clause =
    found?.kind === 'user'
      ? packageIn(found.directory, program).files[0]?.root.namedChildren.find(
          ({ type }) => type === 'package_clause',
        )
      : undefined;
  if (clause !== undefined) return clause.namedChildren[0]?.text ?? path;
  const parts = path.split('/');
  const last = parts.at(-1) ?? path;
  return (/^v\d+$/.test(last) ? parts.at(-2) : undefined) ?? last;
}

function packageOfPath(path: string, program: Program): Imported | undefined {
  const { library, directories } = known(program);
  if (library.has(path) || path === 'unsafe') return { kind: 'library', path };
  const ranked = directories
    .map((directory) => ({ directory, rank: commonTail(directory, path) }))
    .filter(({ rank }) => rank > 0)
    .sort((a, b) => b.rank - a.rank);
  const [best, next] = ranked;
  if (best !== undefined) {
    return best.rank === next?.rank ? undefined : { kind: 'user', directory: best.directory };
  }
  // A package that left no code in the program, beside others that did.
  const top = `${path.split('/')[0]}`;
  return !top.includes('.') && [...library].some((other) => other === top || other.startsWith(`${top}/`))
    ? { kind: 'library', path }
    : undefined;
}

/** How many of the last parts of two paths are the same; `@v1.2.3` is not part of a name. */
function commonTail(directory: string, path: string): number {
  const a = directory.replace(/@[^/]*/g, '').split('/');
  const b = path.split('/');
  let count = 0;
  while (count < b.length && a.at(-1 - count) === b.at(-1 - count)) count += 1;
  return count;
}

/** Folders whose packages can name what `directory` declares: itself, and all that import it, by whatever way. */
export function importersOf(directory: string, program: Program): readonly string[] {
  const found = new Set([directory]);
  for (let grown = true; grown; ) {
    grown = false;
    for (const other of userDirectories(program)) {
      if (found.has(other)) continue;
      const reaches = packageIn(other, program).files.some(({ path, root }) =>
        [...importsOf(path, root, program).values()].some(
          // Which package it is, is not known: it may lead there.
          (to) => to === undefined || (to.kind === 'user' && found.has(to.directory)),
        ),
      );
      if (!reaches) continue;
      found.add(other);
      grown = true;
    }
  }
  return [...found];
}
