import { dirname } from 'node:path/posix';
import { bindingOf } from './bindings.js';
import { parameterTypes, resultTypes } from './call-types.js';
import { mayBeInInterface } from './conversions.js';
import { typeOf } from './expression-types.js';
import { type GoFunction, receiverType } from './functions.js';
import { importsOf, packageIn } from './packages.js';
import type { Node } from './parser.js';
import type { Program } from './program.js';
import {
  declaredType,
  embeddedIn,
  fieldsOf,
  pointedTo,
  resolveType,
  type Type,
  typeKey,
  underlying,
} from './types.js';

/** Methods that libraries look for in values which lie inside of others, by reflection. */
const foundInside =
  /^(?:String|GoString|Error|Format|Is|As|Unwrap|LogValue|Scan|Value|Set|IsZero|(?:Un)?[Mm]arshal\w*|Append(?:Text|Binary)|Gob\w+)$/;

/** Whether code that knows the method only by an interface may call it. */
function isBehindInterface(fn: GoFunction, program: Program): boolean {
  const type = ownerOf(fn, program);
  if (type === undefined || foundInside.test(fn.name)) return true;
  return mayBeInInterface(type, dirname(fn.file), program);
}

/** Whether Go's library may call a method of the program, when it calls one of that name. */
export function libraryMayCall(fn: GoFunction, program: Program): boolean {
  return fitsLibrary(fn, program) && isBehindInterface(fn, program);
}

/** Whether `x.name` may mean this method, as far as the type of `x` can be told. Errs on the side of yes. */
export function mayMean(selector: Node, file: string, fn: GoFunction, program: Program): boolean {
  const operand = selector.childForFieldName('operand');
  const owner = ownerOf(fn, program);
  if (operand === null || owner === undefined) return true;
  if (operand.type === 'identifier' && bindingOf(operand) === undefined) {
    const names = packageIn(dirname(file), program).names;
    if (!names.has(operand.text) && importsOf(file, selector.tree.rootNode, program).has(operand.text))
      return false;
  }
  return mayLeadTo(typeOf(operand, file, program), owner.key, fn.name, program, (by) =>
    by === 'library' ? libraryMayCall(fn, program) : isBehindInterface(fn, program),
  );
}

/** Whether `x.name` may mean the field of that name which a struct of the program has itself. */
export function mayMeanField(
  selector: Node,
  file: string,
  field: { readonly name: string; readonly type: string; readonly directory: string },
  program: Program,
): boolean {
  const operand = selector.childForFieldName('operand');
  if (operand === null) return true;
  const type = typeOf(operand, file, program);
  return mayLeadTo(type, typeKey(field.directory, field.type), field.name, program, () => false);
}

/** Whether `name` of a value of that type may be the one that the type `key` declares: its own, or an embedded one. */
function mayLeadTo(
  type: Type | undefined,
  key: string,
  name: string,
  program: Program,
  behind: (what: 'library' | 'interface') => boolean,
  depth = 0,
): boolean {
  const base = pointedTo(type);
  if (base === undefined || base.kind === 'parameter' || depth > 6) return true;
  if (base.kind === 'named') {
    if (base.key === key) return true;
    if (packageIn(dirname(base.file), program).methods.has(`${base.name}.${name}`)) return false;
  }
  const made = underlying(base, program);
  if (made === undefined || made.kind === 'parameter') return true;
  if (made.kind === 'library') return made.generic || behind('library');
  if (made.kind === 'interface') return behind('interface');
  const isOwnField = fieldsOf(base, program).some(({ declaration }) =>
    declaration.childrenForFieldName('name').some(({ text }) => text === name),
  );
  if (isOwnField) return base.kind === 'named' && isDefinedAs(base, key, program);
  return embeddedIn(base, program).some((embedded) =>
    mayLeadTo(embedded, key, name, program, behind, depth + 1),
  );
}

/** `type U T`: what is a field of the one is a field of the other, after a conversion. */
function isDefinedAs(type: Type & { kind: 'named' }, key: string, program: Program): boolean {
  const made = type.spec.childForFieldName('type');
  const from = made === null ? undefined : resolveType(made, type.file, program);
  return from?.kind === 'named' && (from.key === key || isDefinedAs(from, key, program));
}

function ownerOf(fn: GoFunction, program: Program): (Type & { kind: 'named' }) | undefined {
  const name = receiverType(fn.node);
  const type = name === undefined ? undefined : declaredType(name, dirname(fn.file), program);
  return type?.kind === 'named' ? type : undefined;
}

interface Signature {
  readonly parameters: number;
  readonly results: number;
  readonly text: string;
}

const signatures = new WeakMap<Program, Map<string, readonly (Signature | undefined)[]>>();

/** Whether an interface of Go's library has a method of that name with as many parameters and results. */
function fitsLibrary(fn: GoFunction, program: Program): boolean {
  const written = parameterTypes(fn.node);
  const results = resultTypes(fn.node);
  // The library knows no types of the program; only a generic interface can be instantiated with one.
  const isOwn = [...written, ...results].some(
    (type) => type !== undefined && mentionsOwnType(type, fn.file, program),
  );
  return signaturesOf(fn.name, program).some(
    (other) =>
      other === undefined ||
      (other.parameters === written.length &&
        other.results === results.length &&
        (!isOwn || /\b[A-Z]\b/.test(other.text))),
  );
}

function mentionsOwnType(node: Node, file: string, program: Program): boolean {
  return [node, ...node.descendantsOfType(['type_identifier', 'qualified_type'])]
    .filter(({ type }) => type === 'type_identifier' || type === 'qualified_type')
    .filter(({ parent }) => parent?.type !== 'qualified_type')
    .some((name) => resolveType(name, file, program)?.kind === 'named');
}

/** What may be methods of that name in the library's interfaces; `undefined` for one that was not understood. */
function signaturesOf(name: string, program: Program): readonly (Signature | undefined)[] {
  const known = signatures.get(program) ?? new Map<string, readonly (Signature | undefined)[]>();
  signatures.set(program, known);
  const before = known.get(name);
  if (before !== undefined) return before;
  const method = new RegExp(`(?:^[\\t ]+|interface ?\\{ ?(?:[^}\\n]*; ?)?)${name}(\\([^\\n]*)`, 'gm');
  const made = program.libraryFiles.flatMap((file) => {
    const text = program.text(file);
    if (text === undefined) return [undefined];
    if (!text.includes(`${name}(`)) return [];
    return [...text.matchAll(method)].map(([, rest]) => signatureOf(rest ?? ''));
  });
  known.set(name, made);
  return made;
}

/** Of `(ctx context.Context, n int) (int, error)`. */
function signatureOf(line: string): Signature | undefined {
  const parameters = parted(line);
  if (parameters === undefined) return undefined;
  const rest = line
    .slice(parameters.length)
    .replace(/\/\/.*$|\/\*.*?\*\//g, '')
    .replace(/[;}].*$/, '')
    .trim();
  if (rest === '') return { parameters: parameters.count, results: 0, text: line };
  if (!rest.startsWith('(')) return { parameters: parameters.count, results: 1, text: line };
  const results = parted(rest);
  return results === undefined
    ? undefined
    : { parameters: parameters.count, results: results.count, text: line };
}

/** A list in parentheses: its length with them, and how many it lists. */
function parted(text: string): { readonly length: number; readonly count: number } | undefined {
  let depth = 0;
  let count = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if ('([{'.includes(char)) depth += 1;
    if (char === ',' && depth === 1) count += 1;
    if (')]}'.includes(char)) depth -= 1;
    if (depth === 0) {
      const isEmpty = text.slice(1, at).trim() === '';
      return { length: at + 1, count: isEmpty ? 0 : count + 1 };
    }
  }
  return undefined;
}
