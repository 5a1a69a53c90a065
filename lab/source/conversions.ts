import { dirname } from 'node:path/posix';
import { importersOf, packageIn, userDirectories } from './packages.js';
import type { Program } from './program.js';
import { storesIn } from './stores.js';
import { embeddedIn, pointedTo, resolveType, type Type, underlying } from './types.js';

/** Of which types a package puts values into interfaces. */
interface Conversions {
  /** Keys of types. */
  readonly types: ReadonlySet<string>;
  /** A value whose type is not known, or that of a type parameter, goes where there may be an interface. */
  readonly unknown: boolean;
  readonly parameters: boolean;
}

/** Beyond that much text, everything may be in an interface. */
const maxText = 3_000_000;

const conversionsOf = new WeakMap<Program, Map<string, Conversions>>();
const answers = new WeakMap<Program, Map<string, boolean>>();

/**
 * Whether a value of a named type, a pointer to one, or a struct that embeds one is ever put into an interface:
 * only then can code call its methods that does not know the type. Errs on the side of yes.
 */
export function mayBeInInterface(
  type: Type & { kind: 'named' },
  directory: string,
  program: Program,
): boolean {
  const known = answers.get(program) ?? new Map<string, boolean>();
  answers.set(program, known);
  const before = known.get(type.key);
  if (before !== undefined) return before;
  // A struct that embeds itself, by whatever way.
  known.set(type.key, true);
  const found = isConverted(type.key, directory, program);
  known.set(type.key, found);
  return found;
}

function isConverted(key: string, directory: string, program: Program): boolean {
  if (usesReflection(program)) return true;
  const reach = importersOf(directory, program);
  const generic = userDirectories(program).filter((at) => isGeneric(at, program));
  const texts = [...new Set([...reach, ...generic])].flatMap((at) =>
    packageIn(at, program).files.map(({ text }) => text.length),
  );
  if (texts.reduce((sum, length) => sum + length, 0) > maxText) return true;
  const folders = new Set(reach);
  // What a file says that is not here is not known.
  if (program.userFiles.some((file) => folders.has(dirname(file)) && program.text(file) === undefined))
    return true;
  for (const at of reach) {
    const { types, unknown } = conversionsIn(at, program);
    if (unknown || types.has(key)) return true;
  }
  // What takes a type parameter of a generic function elsewhere may be one of these.
  if (generic.some((at) => conversionsIn(at, program).parameters)) return true;
  return reach.some((at) => embedders(key, at, program));
}

/** Whether a type of the package embeds this one and may be in an interface; or a struct without a name does. */
function embedders(key: string, directory: string, program: Program): boolean {
  return packageIn(directory, program).files.some(({ root, path }) =>
    root.descendantsOfType(['struct_type']).some((node) => {
      const made: Type = { kind: 'struct', node, file: path };
      const embeds = embeddedIn(made, program).some((embedded) => {
        const base = pointedTo(embedded);
        return base === undefined || (base.kind === 'named' && base.key === key);
      });
      if (!embeds) return false;
      const spec = node.parent;
      const name = spec?.childForFieldName('name')?.text ?? '';
      const outer = packageIn(directory, program).names.get(name);
      if (spec?.type !== 'type_spec' || outer?.node.id !== spec.id) return true;
      const type: Type = { kind: 'named', key: `${directory} ${name}`, name, spec, file: path };
      return isDefinedFrom(type.key, program) || mayBeInInterface(type, directory, program);
    }),
  );
}

/** `type U T` keeps what T embeds. */
function isDefinedFrom(key: string, program: Program): boolean {
  return userDirectories(program).some((directory) =>
    [...packageIn(directory, program).names.values()].some((declared) => {
      if (declared.kind !== 'type' || declared.node.type !== 'type_spec') return false;
      const made = declared.node.childForFieldName('type');
      const from = made === null ? undefined : resolveType(made, declared.file, program);
      return from?.kind === 'named' && from.key === key;
    }),
  );
}

/** Reflection gets at the values inside of others. */
function usesReflection(program: Program): boolean {
  return program.filesWith('"reflect"').some(({ text }) => /\.(?:Interface|Method|Call)\(/.test(text));
}

const isGeneric = (directory: string, program: Program) =>
  packageIn(directory, program).files.some(({ text }) =>
    /^(?:\t|type |func )\w+\[\w+[ ,]|^func \(\w*\s*\*?\w+\[/m.test(text),
  );

function conversionsIn(directory: string, program: Program): Conversions {
  const known = conversionsOf.get(program) ?? new Map<string, Conversions>();
  conversionsOf.set(program, known);
  const before = known.get(directory);
  if (before !== undefined) return before;
  const types = new Set<string>();
  let unknown = false;
  let parameters = false;
  for (const { root, path } of packageIn(directory, program).files) {
    for (const { value, target } of storesIn(root, path, program)) {
      const type = pointedTo(value());
      if (
        type === undefined ||
        type.kind === 'named' ||
        type.kind === 'parameter' ||
        type.kind === 'struct'
      ) {
        if (isConcrete(target(), program)) continue;
        if (type?.kind === 'named') types.add(type.key);
        else if (type?.kind === 'parameter') parameters = true;
        else if (type === undefined || embeddedIn(type, program).length > 0) unknown = true;
      }
    }
  }
  const made = { types, unknown, parameters };
  known.set(directory, made);
  return made;
}

function isConcrete(type: Type | undefined, program: Program): boolean {
  const made = underlying(type, program);
  return (
    made !== undefined && made.kind !== 'interface' && made.kind !== 'library' && made.kind !== 'parameter'
  );
}
