import { useEffect, useRef, useState } from 'preact/hooks';
import { isLibraryFunction, number, ownFrame, shortName } from '../words.js';
import type { Frame, Model, Row } from './model.js';

/** Pixels; the style has the same number. */
const rowHeight = 34;
/** Lines drawn beyond those that can be seen. */
const spare = 8;
const mostVisible = 16;

interface TreeProps {
  readonly model: Model;
  readonly rows: readonly Row[];
  /** Goroutines that make a whole bar. */
  readonly total: number;
  readonly active: string;
  readonly onActive: (row: Row) => void;
  readonly onExpand: (key: string, open: boolean) => void;
}

/** A tree of which only the lines in sight exist: it may have any length. Moved by the keys that trees have. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: the parts of the tree share which line is active
export function Tree({ model, rows, total, active, onActive, onExpand }: TreeProps) {
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const index = Math.max(
    0,
    rows.findIndex(({ key }) => key === active),
  );
  const visible = Math.min(rows.length, mostVisible);
  const first = Math.max(0, Math.floor(top / rowHeight) - spare);
  const drawn = rows.slice(first, first + visible + 2 * spare).map((row, i) => ({ row, at: first + i }));
  // What is active must exist, even when it was scrolled out of sight.
  const kept = rows[index];
  const outside =
    kept === undefined || drawn.some(({ at }) => at === index) ? [] : [{ row: kept, at: index }];

  const reveal = (at: number): void => {
    const element = box.current;
    if (element === null) return;
    const y = at * rowHeight;
    if (y < element.scrollTop) element.scrollTop = y;
    if (y + rowHeight > element.scrollTop + element.clientHeight)
      element.scrollTop = y + rowHeight - element.clientHeight;
  };
  const go = (at: number): void => {
    const within = Math.min(rows.length - 1, Math.max(0, at));
    const row = rows[within];
    if (row === undefined) return;
    onActive(row);
    reveal(within);
  };
  useEffect(() => {
    if (box.current !== null && box.current.scrollTop > rows.length * rowHeight) box.current.scrollTop = 0;
  }, [rows]);

  const onKeyDown = (event: KeyboardEvent): void => {
    const row = rows[index];
    if (row === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    const parent = rows.slice(0, index).findLastIndex(({ depth }) => depth < row.depth);
    const moves: Readonly<Record<string, () => void>> = {
      ArrowDown: () => go(index + 1),
      ArrowUp: () => go(index - 1),
      Home: () => go(0),
      End: () => go(rows.length - 1),
      PageDown: () => go(index + visible - 1),
      PageUp: () => go(index - visible + 1),
      ArrowRight: () =>
        row.expandable && !row.expanded ? onExpand(row.key, true) : row.expanded && go(index + 1),
      ArrowLeft: () => (row.expanded ? onExpand(row.key, false) : parent !== -1 && go(parent)),
      Enter: () => row.expandable && onExpand(row.key, !row.expanded),
      ' ': () => row.expandable && onExpand(row.key, !row.expanded),
    };
    const move = moves[event.key];
    if (move === undefined) return;
    event.preventDefault();
    move();
  };

  return (
    <div
      ref={box}
      class="tree"
      role="tree"
      tabIndex={0}
      aria-label="Goroutines by their calls"
      aria-activedescendant={`row-${index}`}
      style={{ height: `${visible * rowHeight + 2}px` }}
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
      onKeyDown={onKeyDown}
    >
      <div
        role="presentation"
        class="tree-room"
        style={{ height: `${rows.length * rowHeight}px`, '--digits': `${number(total).length}` }}
      >
        {[...drawn, ...outside].map(({ row, at }) => (
          <Line
            key={row.key}
            model={model}
            row={row}
            at={at}
            share={total === 0 ? 0 : row.count / total}
            active={row.key === rows[index]?.key}
            onPick={() => {
              onActive(row);
              if (row.expandable && (row.key === active || !row.expanded)) onExpand(row.key, !row.expanded);
            }}
          />
        ))}
      </div>
    </div>
  );
}

function Line({
  model,
  row,
  at,
  share,
  active,
  onPick,
}: {
  readonly model: Model;
  readonly row: Row;
  readonly at: number;
  readonly share: number;
  readonly active: boolean;
  readonly onPick: () => void;
}) {
  const { name, via, reason } = wordsOf(model, row);
  return (
    <div
      id={`row-${at}`}
      role="treeitem"
      class={`tree-row${active ? ' active' : ''}`}
      aria-level={row.depth}
      aria-posinset={row.position}
      aria-setsize={row.siblings}
      aria-selected={active}
      {...(row.expandable ? { 'aria-expanded': row.expanded } : {})}
      style={{ top: `${at * rowHeight}px` }}
      onClick={onPick}
    >
      <span class="share" style={{ width: `${(share * 100).toFixed(2)}%` }} />
      <span class="count">{number(row.count)}</span>{' '}
      <span class="indent" style={{ width: `${(row.depth - 1) * 18}px` }} />
      <span class="toggle" aria-hidden="true">
        {row.expandable ? (row.expanded ? '▾' : '▸') : '·'}
      </span>
      <span class="call">
        <span class="call-name">{name}</span> {reason !== '' && <span class="tag">{reason}</span>}{' '}
        {via !== '' && <span class="via">{via}</span>}
      </span>
    </div>
  );
}

/**
 * A line is named by the innermost call outside of the standard library; where it has none, by the first such call
 * below it. The other calls of the line stand beside it.
 */
function wordsOf(
  model: Model,
  row: Row,
): { readonly name: string; readonly via: string; readonly reason: string } {
  const { groups, texts } = model.table;
  const reason = row.group === undefined ? '' : (texts[groups.waitReason[row.group] ?? -1] ?? '');
  if (row.kind === 'group') {
    const group = row.group ?? -1;
    const called = model.calledAt(group);
    const via = called === undefined ? '' : `in ${shortName(called.function)}:${called.line}`;
    return { name: groups.id[group] ?? '', via, reason };
  }
  const frames = row.nodes.map((node) => model.frameOfNode(node));
  const chain = (some: readonly Frame[]): string =>
    some
      .map((frame) =>
        isLibraryFunction(frame) ? shortName(frame.function) : `${shortName(frame.function)}:${frame.line}`,
      )
      .join(' › ');
  const below = frames.every((frame) => isLibraryFunction(frame))
    ? model.ownBelow(row.nodes.at(-1) ?? -1)
    : [];
  if (below.length > 0) {
    const [first = '', ...more] = below;
    const name = more.length === 0 ? shortName(first) : `${shortName(first)} and ${more.length} more`;
    return { name, via: `from ${chain(frames)}`, reason };
  }
  const name = ownFrame(frames.toReversed()) ?? frames.at(-1);
  const at = name === undefined ? -1 : frames.lastIndexOf(name);
  const [before, after] = [frames.slice(0, Math.max(at, 0)), frames.slice(at + 1)];
  const via = [
    before.length === 0 ? '' : `from ${chain(before)}`,
    after.length === 0 ? '' : `then ${chain(after)}`,
  ];
  return {
    name: name === undefined ? '' : `${shortName(name.function)}:${name.line}`,
    via: via.filter((text) => text !== '').join(', '),
    reason,
  };
}
