import { createRequire } from 'node:module';
import { Language, type Node, Parser, type Tree } from 'web-tree-sitter';
import { LabError } from '../errors.js';

export type { Node } from 'web-tree-sitter';

/** Parses Go source text; never fails on bad syntax, the tree then has error nodes. */
export type ParseGo = (text: string) => Tree;

let loading: Promise<ParseGo> | undefined;

/** Loads the grammar once per process. */
export function loadGoParser(): Promise<ParseGo> {
  loading ??= load();
  return loading;
}

async function load(): Promise<ParseGo> {
  await Parser.init();
  const wasm = createRequire(import.meta.url).resolve('tree-sitter-go/tree-sitter-go.wasm');
  const parser = new Parser().setLanguage(await Language.load(wasm));
  return (text) => {
    const tree = parser.parse(text);
    if (tree === null) throw new LabError('the Go parser gave no tree', { code: 'internal' });
    return tree;
  };
}

/** A tree for a while: disposed, it gives back its memory, which nothing else does. */
export function parsed(text: string, parse: ParseGo): Disposable & { readonly root: Node } {
  const tree = parse(text);
  return { root: tree.rootNode, [Symbol.dispose]: () => tree.delete() };
}

/** 1-based line where a node begins, and where it ends. */
export const lineOf = (node: Node) => node.startPosition.row + 1;
export const endLineOf = (node: Node) => node.endPosition.row + 1;

/** Named children without comments. */
export function childrenOf(node: Node): Node[] {
  return node.namedChildren.filter((child) => child.type !== 'comment');
}

/** The nearest ancestor of one of the types, or `undefined`. */
export function ancestor(node: Node, types: ReadonlySet<string>): Node | undefined {
  for (let at = node.parent; at !== null; at = at.parent) if (types.has(at.type)) return at;
  return undefined;
}
