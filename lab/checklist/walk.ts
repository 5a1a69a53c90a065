import type { CommandRecord } from '../store/command-record.js';
import { localTarget } from '../targets/local.js';
import type { Target } from '../targets/target.js';
import type { WalkContext, WalkOptions } from './walk-context.js';
import { talkToDelve } from './walk-dialogue.js';
import { fetchGoroutines } from './walk-list.js';
import { queryList } from './walk-query.js';
import type { Walk } from './walk-record.js';

/**
 * Walks through the core as the article does: a headless Delve and its goroutine list, the table, the search
 * for the start function, and the stack of the goroutine found. Takes about half a second for 1000
 * goroutines. A missing tool becomes an observation that says so; throws `interrupted` only.
 */
export async function walkCore(options: WalkOptions): Promise<Walk> {
  if (options.target !== undefined) return await walkOn(options.target, options);
  await using target = localTarget();
  return await walkOn(target, options);
}

async function walkOn(target: Target, options: WalkOptions): Promise<Walk> {
  const context: WalkContext = {
    ...options,
    target,
    home: options.home ?? options.dir,
    records: [],
    listFile: options.listFile ?? 'list_goroutines.json',
    finding: options.diagnosis.findings[0],
  };
  const reading = async () => {
    const fetched = await fetchGoroutines(context);
    return { listening: fetched.listening, ...(await queryList(context, fetched.list)) };
  };
  // Delve reads the same core twice, side by side; neither may run on behind a thrown error.
  const [list, stack] = await Promise.allSettled([reading(), talkToDelve(context)]);
  if (list.status === 'rejected') throw list.reason;
  if (stack.status === 'rejected') throw stack.reason;
  const { kind, name } = target;
  return {
    ...{ ...list.value, ...stack.value, records: inOrder(context.records) },
    ...(kind === 'local' ? {} : { on: { kind, name } }),
  };
}

/** The article's order, whatever ran at the same time. */
function inOrder(records: readonly CommandRecord[]): CommandRecord[] {
  const order = [
    'dlv-headless',
    'list-goroutines',
    'jq-first',
    'jq-table',
    'jq-start',
    'jq-listed',
    'jq-wrapper',
  ];
  const rank = ({ id }: CommandRecord): number => {
    const index = order.indexOf(id);
    return index === -1 ? order.length : index;
  };
  return [...records].sort((a, b) => rank(a) - rank(b));
}
