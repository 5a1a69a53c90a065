import { useMemo, useState } from 'preact/hooks';
import type { DiagnosisPart } from '../../../report/page-data.js';
import { counted, number } from '../words.js';
import { Details } from './details.js';
import { Exports } from './exports.js';
import { Filters } from './filters.js';
import { Flame } from './flame.js';
import { useMembers } from './members.js';
import { Missing } from './missing.js';
import { type Filter, type Found, type Model, numberIn, openModel, type Row } from './model.js';
import { firstExpanded, rowsOf } from './rows.js';
import { Tree } from './tree.js';

/** Lines that are open at first. */
const firstRows = 14;
const everything: Filter = {
  ...{ text: '', reason: -1, object: -1, system: false },
  ...{ part: 'any', outlook: -1, label: '' },
};

/** All goroutines as a tree of where they started and how they got where they are. */
export function Explorer({
  diagnosis,
  ofRun,
}: {
  readonly diagnosis: DiagnosisPart;
  /** A run's folder has the whole list as a file. */
  readonly ofRun: boolean;
}) {
  const model = useMemo(() => openModel(diagnosis), [diagnosis]);
  const [filter, setFilter] = useState(everything);
  const members = useMembers(diagnosis.members, model.table.groups.id.length);
  const found = useMemo(() => model.find(filter.text, members), [model, filter.text, members]);
  const chosen = useMemo(() => model.select(filter, found), [model, filter, found]);
  const totals = useMemo(() => model.totals(chosen), [model, chosen]);
  const first = useMemo(() => firstExpanded({ model, chosen, totals }, firstRows), [model, chosen, totals]);
  const [changed, setChanged] = useState<ReadonlyMap<string, boolean>>(new Map());
  const expanded = useMemo(() => {
    const keys = new Set(first);
    for (const [key, open] of changed) open ? keys.add(key) : keys.delete(key);
    return keys;
  }, [first, changed]);
  const rows = useMemo(() => rowsOf({ model, chosen, totals, expanded }), [model, chosen, totals, expanded]);
  const [active, setActive] = useState<Row>();
  const [view, setView] = useState<keyof typeof viewNames>('goroutines');
  const shown = useMemo(() => chosen.reduce((sum, one) => sum + one, 0), [chosen]);
  const { leftOut } = model.table;
  const here = rows.find(({ key }) => key === active?.key) ?? rows[0];
  return (
    <div class="explorer">
      <p>
        Goroutines with the same stack are a group. The tree begins with the function that a goroutine started
        in, and leads to where it stands.
      </p>
      <Filters model={model} diagnosis={diagnosis} filter={filter} onFilter={setFilter} />
      <p class="dim shown" role="status">
        {found === undefined
          ? howMany(shown, diagnosis.process.goroutines.total, chosen)
          : whereFound(model, found)}
        {leftOut.groups > 0 &&
          `; ${counted(leftOut.goroutines, 'goroutine')} in ${counted(leftOut.groups, 'more group')} found no room on this page`}
      </p>
      <Exports model={model} chosen={chosen} />
      {rows.length === 0 ? (
        <p class="nothing">{nothingFits(filter, diagnosis)}</p>
      ) : (
        <div class="panes">
          <Tree
            model={model}
            rows={rows}
            total={shown}
            active={here?.key ?? ''}
            onActive={setActive}
            onExpand={(key, open) => setChanged(new Map(changed).set(key, open))}
          />
          <div class="beside">
            <fieldset class="views" aria-label="Beside the tree">
              {(['goroutines', 'flame'] as const).map((one) => (
                <button key={one} type="button" aria-pressed={view === one} onClick={() => setView(one)}>
                  {viewNames[one]}
                </button>
              ))}
            </fieldset>
            {view === 'flame' ? (
              <Flame
                model={model}
                totals={totals}
                total={shown}
                onPick={(node) => {
                  const row = rows.find(({ nodes }) => nodes.includes(node));
                  if (row !== undefined) setActive(row);
                }}
              />
            ) : (
              here !== undefined && (
                <Details
                  model={model}
                  row={here}
                  chosen={chosen}
                  objects={diagnosis.objects}
                  outlooks={diagnosis.outlooks}
                  members={members}
                  found={found}
                />
              )
            )}
          </div>
        </div>
      )}
      <Missing diagnosis={diagnosis} ofRun={ofRun} />
    </div>
  );
}

const viewNames = { goroutines: 'Chosen goroutines', flame: 'Flame graph' } as const;

/** Of all goroutines of the program, which is the count everywhere else. */
function howMany(shown: number, total: number, chosen: Float64Array): string {
  const groups = counted(
    chosen.reduce((sum, one) => sum + (one > 0 ? 1 : 0), 0),
    'group',
  );
  return shown === total
    ? `${counted(shown, 'goroutine')} in ${groups}`
    : `Showing ${number(shown)} of ${counted(total, 'goroutine')}, in ${groups}`;
}

function whereFound({ table: { groups } }: Model, { id, group }: Found): string {
  const count = groups.count[group] ?? 0;
  return count === 1
    ? `Goroutine ${id} is ${groups.id[group]}`
    : `Goroutine ${id} is one of ${number(count)} in ${groups.id[group]}`;
}

function nothingFits({ text }: Filter, { members, process }: DiagnosisPart): string {
  const id = numberIn(text);
  if (id === undefined) return 'No goroutine fits. Take a filter away.';
  const whole = members !== undefined && members.goroutines >= process.goroutines.total;
  return whole
    ? `The program has no goroutine ${id}.`
    : `Goroutine ${id} is not among those that this page lists; the program may have it all the same.`;
}
