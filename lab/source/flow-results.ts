import { functionAround } from './functions.js';
import type { Node } from './parser.js';
import type { Program } from './program.js';
import { calleesOf, referencesTo } from './references.js';
import { destinationOf, resultCount, resultIndex, resultName, returnedBy } from './results.js';

/** What the follower of a channel does with what is found here. */
interface ResultHooks {
  /** An expression that means the channel. */
  readonly expression: (node: Node, file: string) => void;
  /** Where the channel comes from. */
  readonly channel: (value: Node, file: string) => void;
  /** A place that is set to the channel. */
  readonly target: (place: Node, file: string) => void;
  readonly leave: (node: Node, file: string) => void;
}

/** Follows channels that functions return, into the functions and out of them; each function once. */
export function followResults(hooks: ResultHooks, program: Program) {
  const seenCalls = new Set<string>();

  /** The channel is what a function of the program returns, among other results perhaps. */
  function addResults(call: Node, index: number, file: string): void {
    const callees = calleesOf(call, file, program);
    if (callees.length === 0) hooks.leave(call, file);
    for (const fn of callees) {
      const key = `results ${fn.file}#${fn.node.startIndex} ${index}`;
      if (seenCalls.has(key)) continue;
      seenCalls.add(key);
      for (const returned of returnedBy(fn, index)) {
        if (returned.kind === 'result') addResults(returned.call, returned.index, fn.file);
        else if (returned.kind === 'unknown') hooks.leave(returned.node, fn.file);
        else hooks.channel(returned.node, fn.file);
      }
    }
  }

  /** The function returns the channel: that result of every call of it is the channel too. */
  function visitCallers(node: Node, index: number, file: string): void {
    const fn = functionAround(node, file);
    if (fn === undefined || fn.kind === 'literal') {
      hooks.leave(node, file);
      return;
    }
    const key = `callers ${fn.file}#${fn.node.startIndex} ${index}`;
    if (seenCalls.has(key)) return;
    seenCalls.add(key);
    const name = resultName(fn, index);
    if (name !== undefined && name.text !== '_') hooks.target(name, fn.file);
    const { sites, foreign } = referencesTo(fn, program);
    if (foreign !== undefined) hooks.leave(node, file);
    for (const site of sites) {
      if (site.call === undefined) hooks.leave(site.node, site.file);
      else if (resultCount(fn) === 1) hooks.expression(site.call, site.file);
      else visitResult(site.call, index, site.file);
    }
  }

  function visitResult(call: Node, index: number, file: string): void {
    const goes = destinationOf({ call, index });
    switch (goes.kind) {
      case 'place':
        hooks.target(goes.node, file);
        return;
      case 'returned':
        visitCallers(call, index, file);
        return;
      case 'dropped':
        return;
      case 'unknown':
        hooks.leave(call, file);
    }
  }

  /** The name of a result is one of the places that the callers get the channel from. */
  function visitResultName(name: Node, file: string): boolean {
    const fn = functionAround(name, file);
    const index = fn === undefined ? -1 : resultIndex(name, fn);
    if (index >= 0) visitCallers(name, index, file);
    return index >= 0;
  }

  return { addResults, visitCallers, visitResultName };
}
