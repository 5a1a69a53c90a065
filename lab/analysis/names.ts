import { syntacticType } from '../source/bindings.js';
import { functionName } from '../source/departures.js';
import { functionAround } from '../source/functions.js';
import { endLineOf, lineOf, type Node } from '../source/parser.js';
import type { Program } from '../source/program.js';
import type { Slot } from '../source/slots.js';
import type { ReleaserSearch } from './releasers.js';
import { type Cell, hex } from './snapshot.js';

/**
 * A channel as a person would call it: the field (`main.Metrics.inChannel`) before the package variable, before
 * the local variable in which it was made, before a parameter; its address when nothing else is known.
 */
export function channelName(address: number, searches: readonly ReleaserSearch[], program: Program): string {
  // Several places that could not be evaluated may be several channels: no name is better than a wrong one.
  const sure = searches.filter(({ places }) => places.some((place) => place.sure));
  const slots = sure.flatMap((search) => search.flow?.slots ?? []);
  const ranked = slots
    .flatMap((slot) => nameOf(slot, searches, program) ?? [])
    .sort((a, b) => a.rank - b.rank);
  return ranked[0]?.name ?? `channel ${hex(address)}`;
}

const kinds = {
  mutex: 'lock',
  rwmutex: 'read-write lock',
  waitgroup: 'wait group',
  cond: 'condition variable',
} as const;

/** An object of package sync of which only the address is known: `condition variable 0xc000012345`. */
export function syncObjectName(address: number, cells: readonly Cell[]): string | undefined {
  for (const { wait } of cells) {
    if (wait.kind === 'sync' && wait.address === address) return `${kinds[wait.objectKind]} ${hex(address)}`;
  }
  return undefined;
}

/** A field or variable as a person would call it; `undefined` when the syntax does not tell whose field it is. */
export const slotName = (slot: Slot, program: Program): string | undefined => nameOf(slot, [], program)?.name;

function nameOf(slot: Slot, searches: readonly ReleaserSearch[], program: Program) {
  switch (slot.kind) {
    case 'field': {
      const type =
        slot.type ??
        typeFromOperations(slot.name, searches) ??
        onlyTypeWith(slot.name, slot.directory, program);
      const owner = packageIn(slot.directory, program);
      return type === undefined ? undefined : { rank: 0, name: `${owner}.${type}.${slot.name}` };
    }
    case 'global': {
      if (slot.directory === undefined) return undefined;
      return { rank: 1, name: `${packageIn(slot.directory, program)}.${slot.name}` };
    }
    case 'local': {
      const { binding } = slot;
      const declared = enclosingDeclaration(binding.name);
      const around = declared === undefined ? undefined : functionAround(declared, slot.file);
      const owner = around === undefined ? packageOf(binding.name) : functionName(around);
      const rank = binding.kind === 'local' ? 2 : 3;
      return { rank, name: `${owner}.${binding.name.text}` };
    }
  }
}

/** `s.ch` elsewhere may show the type that this place does not. */
function typeFromOperations(field: string, searches: readonly ReleaserSearch[]): string | undefined {
  for (const { channel } of searches.flatMap((search) => search.flow?.operations ?? [])) {
    if (channel.childForFieldName('field')?.text !== field) continue;
    const operand = channel.childForFieldName('operand');
    const type = operand === null ? undefined : syntacticType(operand);
    if (type !== undefined) return type;
  }
  return undefined;
}

/** The struct type of a package that has such a field, when it is the only one. */
function onlyTypeWith(field: string, directory: string, program: Program): string | undefined {
  const types = program
    .filesWith(field, directory)
    .flatMap(({ root }) => root.descendantsOfType(['type_spec']))
    .filter((spec) =>
      spec
        .descendantsOfType(['field_declaration'])
        .some((declared) => declared.childrenForFieldName('name').some((name) => name.text === field)),
    )
    .flatMap((spec) => spec.childForFieldName('name')?.text ?? []);
  return types.length === 1 ? types[0] : undefined;
}

function packageIn(directory: string, program: Program): string {
  const file = program.userFiles.find((path) => path.slice(0, path.lastIndexOf('/')) === directory);
  const parsed = file === undefined ? undefined : program.parse(file);
  return parsed === undefined ? '?' : packageOf(parsed.root);
}

export function packageOf(node: Node): string {
  const clause = node.tree.rootNode.namedChildren.find((child) => child.type === 'package_clause');
  return clause?.namedChildren[0]?.text ?? '?';
}

function enclosingDeclaration(node: Node): Node | undefined {
  for (let at = node.parent; at !== null; at = at.parent) {
    if (at.type === 'function_declaration' || at.type === 'method_declaration') return at;
  }
  return undefined;
}

/** Whether a `go` statement at that line starts a method or function by name, so that Go wraps it in a literal. */
export function startsByName(file: string, line: number, program: Program): boolean {
  const root = program.parse(file)?.root;
  return (root?.descendantsOfType(['go_statement']) ?? []).some(
    (statement) =>
      lineOf(statement) <= line &&
      endLineOf(statement) >= line &&
      statement.descendantsOfType(['func_literal']).length === 0,
  );
}
