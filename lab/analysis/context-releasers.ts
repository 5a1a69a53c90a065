import type { ChannelOperation } from '../source/channel-flow.js';
import { type CancellableContext, followContext } from '../source/contexts.js';
import { functionName } from '../source/departures.js';
import { callsOfVariable } from '../source/function-values.js';
import { stillAhead } from '../source/functions.js';
import { childrenOf, lineOf, type Node } from '../source/parser.js';
import type { Program } from '../source/program.js';
import { slotOf } from '../source/slots.js';
import { byCalls, evidence } from './call-routes.js';
import type { Activations } from './frame-functions.js';
import { slotName } from './names.js';
import type { WaitingPlace } from './releasers.js';
import type { Releaser } from './wait-for-graph.js';

/** A context that goroutines wait for the end of, as its maker knows it. */
export interface ContextOrigin {
  /** `main.serve.ctx`. */
  readonly name: string;
  readonly function: string;
  readonly file: string;
  readonly line: number;
  /** Its cancel function was thrown away where it was made. */
  readonly discarded: boolean;
  /** Where its cancel function is called. */
  readonly cancels: readonly { readonly file: string; readonly line: number }[];
}

export interface ContextSearch {
  readonly releasers: readonly Releaser[];
  readonly origins: readonly ContextOrigin[];
  /** The calls of their cancel functions, as what would end the wait. */
  readonly operations: readonly ChannelOperation[];
}

/**
 * Who could end the context of `ctx.Done()`: those who call its cancel function or one of a parent's, and clocks.
 * `undefined` when the place waits for something else, or for a context of which nothing is known.
 */
export function contextReleasers(
  { channel, frame }: Pick<WaitingPlace, 'channel' | 'frame'>,
  { program, activations }: { readonly program: Program; readonly activations: Activations },
): ContextSearch | undefined {
  const context = contextOf(channel);
  if (context === undefined) return undefined;
  const { contexts, others } = followContext(context, frame.file, program);
  if (contexts.length === 0) return undefined;
  const releasers: Releaser[] = others.map(({ file, line, text }) => ({
    kind: 'open',
    why: `the context may end by what ${file}:${line} does: ${text}`,
    blind: false,
  }));
  const origins: ContextOrigin[] = [];
  const operations: ChannelOperation[] = [];
  for (const made of contexts) {
    const found = made.cancel === undefined ? [] : cancelsOf(made, made.cancel, { program, activations });
    releasers.push(...found.flatMap((cancel) => cancel.releasers));
    operations.push(...found.flatMap((cancel) => cancel.operation ?? []));
    const { file, line, name, within } = made;
    const slot = slotOf(name, file);
    origins.push({
      ...{ file, line, discarded: made.cancel === undefined },
      name: (slot === undefined ? undefined : slotName(slot, program)) ?? name.text,
      function: within === undefined ? 'a package initializer' : functionName(within),
      cancels: found.flatMap((cancel) => cancel.operation ?? []).map(({ file, line }) => ({ file, line })),
    });
  }
  return { releasers, origins, operations };
}

/** `ctx` of `ctx.Done()`. */
function contextOf(node: Node): Node | undefined {
  if (node.type !== 'call_expression') return undefined;
  const callee = node.childForFieldName('function');
  if (callee?.type !== 'selector_expression' || callee.childForFieldName('field')?.text !== 'Done')
    return undefined;
  if (childrenOf(node.childForFieldName('arguments') ?? node).length > 0) return undefined;
  return callee.childForFieldName('operand') ?? undefined;
}

function cancelsOf(
  { file }: CancellableContext,
  name: Node,
  context: { readonly program: Program; readonly activations: Activations },
): { releasers: Releaser[]; operation?: ChannelOperation }[] {
  const found = callsOfVariable(name, file, context.program);
  if (found.kind === 'lost') {
    const why = `the cancel function ${name.text} of ${file}:${lineOf(name)} is handed on to where it is not followed`;
    return [{ releasers: [{ kind: 'open', why, blind: false }] }];
  }
  const calls = found.calls.filter((at) => context.program.isLinked(at.within));
  return calls.map(({ node, file: at, within }) => {
    const callee = node.childForFieldName('function') ?? node;
    const operation = {
      ...{ kind: 'close' as const, expression: `${callee.text}()`, file: at, line: lineOf(node) },
      ...{ within, channel: callee, node },
    };
    const onStacks = context.activations
      .of(within)
      .filter(({ frame }) => stillAhead(within, node, frame.line))
      .map(({ cell, frame }): Releaser => {
        const how = evidence(operation, cell, frame, cell.ids[0] ?? 0);
        return { kind: 'cell', cell: cell.key, certain: false, how };
      });
    const called = byCalls(operation, { copied: new Set() }, context);
    return { releasers: [...onStacks, ...called], operation };
  });
}
