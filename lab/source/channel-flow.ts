import { type Binding, usesOf } from './bindings.js';
import { argumentsOf, isCall } from './calls.js';
import { type ContainerHooks, containerFrom, visitContainer, visitHolder } from './containers.js';
import {
  type ChannelFlow,
  type ChannelOperation,
  type Escape,
  fieldOf,
  isAssigned,
  isMake,
  type Place,
  placeKey,
  placeOf,
  shorten,
} from './flow-parts.js';
import { followResults } from './flow-results.js';
import { functionAround, type GoFunction } from './functions.js';
import { occurrences, parameterNames } from './occurrences.js';
import { lineOf, type Node } from './parser.js';
import type { Program } from './program.js';
import { calleesOf, referencesTo } from './references.js';
import { sourceFor } from './results.js';
import { slotKey, slotOf, useOf } from './slots.js';
import { isCopiedWhole } from './struct-copies.js';

export type { ChannelFlow, ChannelOperation } from './flow-parts.js';

const maxSlots = 200;

/**
 * Follows a channel through the program's sources by name: fields, variables, parameters, assignments, struct
 * literals and results. It merges what the same name may hold, so it finds too many operations rather than too
 * few; what it cannot follow is an escape.
 */
export function followChannel(
  start: readonly { readonly file: string; readonly node: Node }[],
  program: Program,
): ChannelFlow {
  const places = new Map<string, Place>();
  const queue: Place[] = [];
  const operations = new Map<string, ChannelOperation>();
  const escapes = new Map<string, Escape>();
  const copied = new Set<string>();
  const reassigned = new Set<string>();
  let current: Place | undefined;

  const leave = (node: Node, file: string): void => {
    const text = shorten((node.parent ?? node).text);
    escapes.set(`${file}:${node.startIndex}`, { file, line: lineOf(node), text });
  };
  const add = (node: Node, file: string): void => {
    const place = placeOf(node, file);
    if (place === undefined) leave(node, file);
    else addPlace(place);
  };
  const addPlace = (place: Place) => {
    const key = placeKey(place);
    if (places.has(key)) return;
    places.set(key, place);
    queue.push(place);
  };
  const addFrom = (value: Node | undefined, node: Node, file: string) => {
    if (value?.type === 'nil' || (value !== undefined && isMake(value))) return;
    if (current !== undefined) copied.add(placeKey(current));
    if (value === undefined) addSource(node, file);
    else if (isCall(value)) addResults(value, 0, file);
    else add(value, file);
  };
  /** It is set with other places at once, or in each round of a loop. */
  const addSource = (node: Node, file: string) => {
    const source = sourceFor(node);
    const ranged = node.parent?.parent?.type === 'range_clause' ? node.parent.parent : undefined;
    const container = ranged?.childForFieldName('right');
    if (source !== undefined && isCall(source.value)) addResults(source.value, source.index, file);
    else if (container != null && node.parent?.namedChildren[1]?.id === node.id)
      containerFrom(container, file, hooks);
    else leave(node, file);
  };
  const addTarget = (target: Node, file: string) => {
    const place = placeOf(target, file);
    if (place !== undefined) copied.add(placeKey(place));
    add(target, file);
  };
  const noteReassigned = (target: Node, file: string) => {
    const place = placeOf(target, file);
    if (place !== undefined) reassigned.add(placeKey(place));
  };
  const setTarget = (target: Node, file: string) => {
    if (isAssigned(target)) noteReassigned(target, file);
    addTarget(target, file);
  };
  const addElements = (container: Node, file: string) => {
    const of = slotOf(container, file);
    if (of === undefined) leave(container, file);
    else addPlace({ kind: 'elements', of });
  };
  const hooks: ContainerHooks = {
    element: visit,
    variable: addTarget,
    channel: (value, file) => addFrom(value, value, file),
    container: addElements,
    field: (field, literal, file) => addPlace({ kind: 'elements', of: fieldOf(field, literal, file) }),
    parameter(call, index, node, file) {
      const callees = calleesOf(call, file, program);
      if (callees.length === 0) leave(node, file);
      for (const fn of callees) {
        const name = parameterNames(fn.node)[index];
        if (name === undefined) leave(call, file);
        else if (name.text !== '_') addElements(name, fn.file);
      }
    },
    leave,
  };
  const { addResults, visitCallers, visitResultName } = followResults(
    { expression: visit, channel: hooks.channel, target: setTarget, leave },
    program,
  );
  const addParameter = (fn: GoFunction, index: number, call: Node, file: string): void => {
    const name = parameterNames(fn.node)[index];
    if (name === undefined) {
      leave(call, file);
      return;
    }
    if (name.text !== '_') add(name, fn.file);
  };

  function visit(node: Node, file: string): void {
    const use = useOf(node);
    switch (use.kind) {
      case 'send':
      case 'receive':
      case 'close':
        operations.set(`${file}:${use.node.startIndex}`, {
          kind: use.kind,
          expression: node.text,
          file,
          line: lineOf(node),
          within: functionAround(use.node, file),
          node: use.node,
          channel: node,
        });
        return;
      case 'harmless':
        return;
      case 'flows-to':
        setTarget(use.target, file);
        return;
      case 'assigned':
        if (isAssigned(node) && !(use.value !== undefined && isMake(use.value))) noteReassigned(node, file);
        addFrom(use.value, node, file);
        return;
      case 'field-value':
        addField(use.field, use.literal, file);
        return;
      case 'argument': {
        const callees = calleesOf(use.call, file, program);
        if (callees.length === 0) leave(node, file);
        for (const fn of callees) addParameter(fn, use.index, use.call, file);
        return;
      }
      case 'returned':
        visitCallers(node, use.index, file);
        return;
      case 'held':
        visitHolder(use.holder, file, hooks);
        return;
      case 'unknown':
        leave(node, file);
        return;
    }
  }

  function addField(field: Node, literal: Node, file: string): void {
    const slot = fieldOf(field, literal, file);
    copied.add(slotKey(slot));
    addPlace(slot);
  }

  /** Where the channel of a parameter comes from: the arguments of every call. */
  function visitArguments(binding: Binding, file: string, each: (value: Node, file: string) => void): void {
    const fn = functionAround(binding.scope, file);
    if (fn === undefined) return;
    const index = parameterNames(fn.node).findIndex((name) => name.id === binding.name.id);
    const { sites, foreign } = referencesTo(fn, program);
    if (foreign !== undefined) leave(binding.name, file);
    for (const site of sites) {
      const value = site.call === undefined ? undefined : argumentsOf(site.call)[index];
      if (value === undefined) leave(site.node, site.file);
      else each(value, site.file);
    }
  }

  for (const { file, node } of start) add(node, file);
  const inContainer = (node: Node, file: string) => visitContainer(node, file, hooks);
  const fromContainer = (value: Node, file: string) => containerFrom(value, file, hooks);
  for (let place = queue.shift(); place !== undefined; place = queue.shift()) {
    if (places.size > maxSlots) {
      escapes.set('too many', { file: '', line: 0, text: `more than ${maxSlots} names` });
      break;
    }
    current = place;
    const isContainer = place.kind === 'elements';
    const slot = place.kind === 'elements' ? place.of : place;
    const each = isContainer ? inContainer : visit;
    if (slot.kind === 'local') {
      const { binding, file } = slot;
      if (binding.kind === 'parameter')
        visitArguments(binding, file, isContainer ? fromContainer : hooks.channel);
      else if (isContainer || !visitResultName(binding.name, file)) each(binding.name, file);
      for (const use of usesOf(binding)) each(use, file);
    } else {
      for (const { node, file } of occurrences(slot, program)) each(node, file);
      if (slot.kind === 'field' && isCopiedWhole(slot, program)) copied.add(placeKey(place));
    }
  }
  return {
    operations: [...operations.values()],
    escapes: [...escapes.values()],
    slots: [...places.values()].flatMap((place) => (place.kind === 'elements' ? [] : [place])),
    copied,
    reassigned,
  };
}
