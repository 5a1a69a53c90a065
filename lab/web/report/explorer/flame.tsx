import { hierarchy, partition } from 'd3-hierarchy';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { counted, isLibraryFunction, shortName } from '../words.js';
import type { Model } from './model.js';

const rowHeight = 20;
const mostRows = 26;
/** What is narrower cannot be seen, and says so by the gap it leaves. Pixels. */
const narrowest = 1.5;
/** Of a letter, so that no text is laid out that has no room. Pixels. */
const letterWidth = 6.6;

interface Call {
  /** Index of a node of the tree; -1 for all goroutines. */
  readonly node: number;
}

/**
 * The chosen goroutines as a flame graph, outermost calls on top. A click shows what is below a call alone, and chooses it
 * in the tree beside it.
 */
export function Flame({
  model,
  totals,
  total,
  onPick,
}: {
  readonly model: Model;
  readonly totals: Float64Array;
  readonly total: number;
  readonly onPick: (node: number) => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(600);
  const [focus, setFocus] = useState(-1);
  const [pointed, setPointed] = useState(-1);
  useEffect(() => setFocus(-1), [totals]);
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const look = new ResizeObserver(() => setWidth(element.clientWidth));
    look.observe(element);
    return () => look.disconnect();
  }, []);
  const calls = useMemo(
    () => layOut(model, totals, { focus, width, total }),
    [model, totals, focus, width, total],
  );
  const ends = useMemo(() => endsOf(model), [model]);
  const shown = calls.filter(({ row }) => row < mostRows);
  const rows = Math.max(0, ...shown.map(({ row }) => row)) + 1;
  const choose = (node: number): void => {
    setFocus(node);
    onPick(node);
  };
  const move = (event: KeyboardEvent): void => {
    const node = Number((event.target as Element).closest('[data-node]')?.getAttribute('data-node') ?? -1);
    const next = event.key === 'Enter' || event.key === ' ' ? node : neighbour(shown, node, event.key);
    if (next === undefined || node === -1) return;
    event.preventDefault();
    if (next === node) choose(node);
    else box.current?.querySelector<SVGElement>(`[data-node="${next}"]`)?.focus();
  };
  const told = pointed === -1 ? focus : pointed;
  return (
    <div class="flame">
      <p class="flame-told dim">
        {told === -1 ? counted(total, 'goroutine') : textOf(model, told, totals, total)}{' '}
        {focus !== -1 && (
          <button type="button" class="copy" onClick={() => setFocus(-1)}>
            Show all
          </button>
        )}
      </p>
      <div ref={box} class="flame-box">
        <svg
          width={width}
          height={rows * rowHeight}
          role="group"
          aria-label="Flame graph of the chosen goroutines, moved by the arrow keys"
          onMouseLeave={() => setPointed(-1)}
          onKeyDown={move}
        >
          {shown.map(({ node, x, row, size }, i) => (
            <g
              key={node}
              class={`call ${kindOf(model, node, ends)}`}
              role="button"
              tabIndex={i === 0 ? 0 : -1}
              aria-label={textOf(model, node, totals, total)}
              data-node={node}
              transform={`translate(${x} ${row * rowHeight})`}
              onMouseEnter={() => setPointed(node)}
              onFocus={() => setPointed(node)}
              onClick={() => choose(node)}
            >
              <rect width={Math.max(size - 1, 0.5)} height={rowHeight - 1} />
              {size > 5 * letterWidth && (
                <svg width={size - 4} height={rowHeight} overflow="hidden" aria-hidden="true">
                  <text x={5} y={14}>
                    {nameOf(model, node)}
                  </text>
                </svg>
              )}
            </g>
          ))}
        </svg>
      </div>
      <p class="keys dim">
        <span class="key root" /> root cause <span class="key victims" /> victims <span class="key own" /> the
        program <span class="key library" /> libraries
      </p>
    </div>
  );
}

interface Placed extends Call {
  readonly x: number;
  readonly row: number;
  readonly size: number;
}

/** The call to which an arrow key leads: what called it, the widest that it calls, or the next beside it. */
function neighbour(calls: readonly Placed[], node: number, key: string): number | undefined {
  const from = calls.find((one) => one.node === node);
  if (from === undefined) return undefined;
  const middle = from.x + from.size / 2;
  const beside = calls.filter(({ row }) => row === from.row).sort((a, b) => a.x - b.x);
  const at = beside.indexOf(from);
  const inside = ({ row, x, size }: Placed): boolean =>
    row === from.row + 1 && x + size / 2 > from.x && x + size / 2 < from.x + from.size;
  const found: Readonly<Record<string, () => Placed | undefined>> = {
    ArrowUp: () =>
      calls.find(({ row, x, size }) => row === from.row - 1 && x <= middle && middle <= x + size),
    ArrowDown: () => calls.filter(inside).sort((a, b) => b.size - a.size)[0],
    ArrowLeft: () => beside[at - 1],
    ArrowRight: () => beside[at + 1],
  };
  return found[key]?.()?.node;
}

/** Where each call that can be seen lies, pixels; those above the focus as wide as all of it. */
function layOut(
  model: Model,
  totals: Float64Array,
  { focus, width, total }: { readonly focus: number; readonly width: number; readonly total: number },
): readonly Placed[] {
  const whole = focus === -1 ? total : (totals[focus] ?? 0);
  const least = (whole * narrowest) / Math.max(width, 1);
  const below = (node: number): readonly number[] =>
    node === -1 ? startsOf(model) : (model.children[node] ?? []);
  const root = hierarchy<Call>({ node: focus }, ({ node }) =>
    below(node)
      .filter((child) => (totals[child] ?? 0) >= Math.max(least, 1))
      .map((child) => ({ node: child })),
  );
  root.each((one) => {
    // The library writes this field itself where values are summed up; here they are known.
    Object.assign(one, { value: one.data.node === -1 ? total : (totals[one.data.node] ?? 0) });
  });
  root.sort((a, b) => (b.value ?? 0) - (a.value ?? 0));
  const placed = partition<Call>().size([width, 1])(root);
  const above: number[] = [];
  for (let node = parentOf(model, focus); node !== -1; node = parentOf(model, node)) above.unshift(node);
  const first = focus === -1 ? -1 : above.length;
  return [
    ...above.map((node, row) => ({ node, x: 0, row, size: width })),
    ...placed
      .descendants()
      .filter(({ data }) => data.node !== -1)
      .map(({ data, x0, x1, depth }) => ({ node: data.node, x: x0, row: first + depth, size: x1 - x0 })),
  ];
}

const isExit = (model: Model, node: number): boolean =>
  model.frameOfNode(node).function === 'runtime.goexit' && (model.children[node]?.length ?? 0) > 0;

/** What every goroutine begins with says nothing. */
function startsOf(model: Model): readonly number[] {
  return model.roots.flatMap((root) => (isExit(model, root) ? (model.children[root] ?? []) : [root]));
}

function parentOf({ table, ...model }: Model, node: number): number {
  const parent = node === -1 ? -1 : (table.nodes.parent[node] ?? -1);
  return parent !== -1 && isExit({ table, ...model }, parent) ? -1 : parent;
}

interface Ends {
  readonly roots: ReadonlySet<number>;
  readonly victims: ReadonlySet<number>;
}

/** Calls where goroutines of the findings stand. */
function endsOf({ ends, inPart }: Model): Ends {
  const at = (groups: ReadonlySet<number>) => new Set([...groups].map((group) => ends[group] ?? -1));
  return { roots: at(inPart.roots), victims: at(inPart.victims) };
}

function kindOf(model: Model, node: number, { roots, victims }: Ends): string {
  if (roots.has(node)) return 'root';
  if (victims.has(node)) return 'victims';
  return isLibraryFunction(model.frameOfNode(node)) ? 'library' : 'own';
}

const nameOf = (model: Model, node: number): string => {
  const { function: name, line } = model.frameOfNode(node);
  return `${shortName(name)}:${line}`;
};

function textOf(model: Model, node: number, totals: Float64Array, total: number): string {
  const count = totals[node] ?? 0;
  const share = total === 0 ? 0 : (100 * count) / total;
  return `${nameOf(model, node)}: ${counted(count, 'goroutine')}, ${share.toFixed(1)} %`;
}
