import { type GoFunction, receiverType } from './functions.js';
import { withoutTypeArguments } from './type-arguments.js';

/**
 * Tells of a declared function whether the executable has code of it, inlined code included. The linker leaves out
 * what nothing refers to, so whatever would be done there is never done. `names` are those of the executable, with
 * import paths. Errs on the side of yes: packages but `main` are not told apart.
 */
export function linkedFunctions(names: readonly string[]): (fn: GoFunction) => boolean {
  if (names.length === 0) return () => true;
  const tails = new Set<string>();
  for (const name of names) {
    const plain = withoutTypeArguments(name);
    const [owner = '', ...rest] = plain.slice(plain.lastIndexOf('/') + 1).split('.');
    const tail = rest.join('.').replace(/^\(\*(\w+)\)/, '$1');
    tails.add(tail);
    if (owner === 'main') tails.add(`main.${tail}`);
  }
  return (fn) => {
    if (fn.kind === 'literal' || fn.name === 'init') return true;
    const type = receiverType(fn.node);
    const tail = type === undefined ? fn.name : `${type}.${fn.name}`;
    return tails.has(isOfMain(fn) ? `main.${tail}` : tail);
  };
}

function isOfMain({ node }: GoFunction): boolean {
  const clause = node.tree.rootNode.namedChildren.find((child) => child.type === 'package_clause');
  return clause?.namedChildren[0]?.text === 'main';
}
