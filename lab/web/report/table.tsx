import { type ComponentChild, type ComponentChildren, cloneElement, toChildArray, type VNode } from 'preact';

/**
 * A table whose rows become blocks of named cells where there is little width; with `scrolls`, for columns of figures
 * that are compared, it scrolls in a box of its own there. The roles say what it is whatever it looks like.
 */
export function Table({
  label,
  head,
  scrolls = false,
  children,
}: {
  readonly label: string;
  readonly head: readonly string[];
  readonly scrolls?: boolean;
  /** Rows of as many cells as `head` has names. */
  readonly children: ComponentChildren;
}) {
  return (
    <div class={scrolls ? 'wide' : 'wide stacks'} role="group" aria-label={label} tabIndex={0}>
      <table {...roles.table}>
        <thead {...roles.group}>
          <tr {...roles.row}>
            {head.map((name, i) => (
              <th key={i} scope="col" {...roles.head}>
                {name === '' ? <span class="unseen">action</span> : name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody {...roles.group}>
          {toChildArray(children).map((row) => eachOf(row, roles.row, (cell, i) => named(cell, head[i])))}
        </tbody>
      </table>
    </div>
  );
}

/** Browsers forget what a table is when its rows are no table rows any more. */
const roles = {
  table: { role: 'table' },
  group: { role: 'rowgroup' },
  row: { role: 'row' },
  head: { role: 'columnheader' },
  cell: { role: 'cell' },
} as const;

function named(cell: ComponentChild, name = ''): ComponentChild {
  if (!isElement(cell)) return cell;
  const content = toChildArray(cell.props.children).filter((child) => child !== '');
  const attributes = {
    ...roles.cell,
    'data-name': name,
    ...(content.length === 0 && { 'data-empty': true }),
  };
  return cloneElement(cell, attributes, <div>{content}</div>);
}

function eachOf(
  row: ComponentChild,
  attributes: object,
  change: (cell: ComponentChild, i: number) => ComponentChild,
): ComponentChild {
  if (!isElement(row)) return row;
  return cloneElement(row, attributes, toChildArray(row.props.children).map(change));
}

const isElement = (child: ComponentChild): child is VNode<{ children?: ComponentChildren }> =>
  child !== null && typeof child === 'object' && 'props' in child;
