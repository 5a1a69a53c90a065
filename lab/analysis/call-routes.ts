import type { ChannelFlow, ChannelOperation } from '../source/channel-flow.js';
import { stillAhead } from '../source/functions.js';
import { gatesOf, isThrough } from '../source/gates.js';
import type { Program } from '../source/program.js';
import { routesTo } from '../source/routes.js';
import type { Activations } from './frame-functions.js';
import type { Cell, Frame } from './snapshot.js';
import { isUnderway } from './underway.js';
import type { ReleaseEvidence, Releaser } from './wait-for-graph.js';

/** An operation as far as its ways in are looked for. */
type Called = Pick<ChannelOperation, 'within' | 'channel' | 'file' | 'line' | 'expression'> & {
  readonly kind: ReleaseEvidence['operation'];
};

/** Code that is on no stack at this operation but may be called. */
export function byCalls(
  operation: Called,
  flow: Pick<ChannelFlow, 'copied'> & Partial<Pick<ChannelFlow, 'reassigned'>>,
  context: { readonly activations: Activations; readonly program: Program },
): Releaser[] {
  const gates = gatesOf(operation, flow, context.program);
  return routesTo(operation, flow.copied, context.program, gates).flatMap((route): Releaser[] => {
    if (route.kind === 'open') {
      return [{ kind: 'open', why: `${route.why} (${route.file}:${route.line})`, blind: false }];
    }
    const { within, site, calledAt, gate } = route;
    return context.activations
      .of(within)
      .filter(({ frame }) => stillAhead(within, site, frame.line))
      .filter(({ frame }) => gate === undefined || isThrough(gate, frame.line))
      .filter((at) => !isUnderway(site, within, at, context.program))
      .map(({ cell, frame }) => ({
        kind: 'cell',
        cell: cell.key,
        certain: false,
        how: {
          ...evidence(operation, cell, frame, cell.ids[0] ?? 0),
          ...(calledAt === undefined ? {} : { calledAt }),
        },
      }));
  });
}

export function evidence(
  operation: Pick<Called, 'kind' | 'expression' | 'file' | 'line'>,
  cell: Cell,
  frame: Frame,
  goroutine: number,
) {
  return {
    operation: operation.kind,
    expression: operation.expression,
    file: operation.file,
    line: operation.line,
    goroutine: goroutine === 0 ? (cell.ids[0] ?? 0) : goroutine,
    frame: frame.index,
    function: frame.function,
  };
}
