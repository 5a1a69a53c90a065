import { useMemo, useState } from 'preact/hooks';
import type { DiagnosisPart } from '../../../report/page-data.js';
import { counted, number, shortName } from '../words.js';
import { Details } from './details.js';
import { useMembers } from './members.js';
import { Missing } from './missing.js';
import { type Filter, type Found, type Model, numberIn, openModel, type Row } from './model.js';
import { firstExpanded, rowsOf } from './rows.js';
import { Tree } from './tree.js';

/** Lines that are open at first. */
const firstRows = 14;
const everything: Filter = { text: '', reason: -1, object: -1, system: false };

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
  const shown = useMemo(() => {
    const { count } = model.table.groups;
    return chosen.reduce((sum, one, group) => sum + (one === 1 ? (count[group] ?? 0) : 0), 0);
  }, [model, chosen]);
  const { leftOut } = model.table;
  const here = rows.find(({ key }) => key === active?.key) ?? rows[0];
  return (
    <div class="explorer">
      <p>
        Goroutines with the same stack are a group. The tree begins with the function that a goroutine started
        in, and leads to where it stands.
      </p>
      <Filters model={model} diagnosis={diagnosis} filter={filter} onFilter={setFilter} />
      <p class="dim" role="status">
        {found === undefined
          ? `${counted(shown, 'goroutine')} in ${counted(
              chosen.reduce((sum, one) => sum + one, 0),
              'group',
            )}`
          : whereFound(model, found)}
        {leftOut.groups > 0 &&
          `; ${counted(leftOut.goroutines, 'goroutine')} in ${counted(leftOut.groups, 'more group')} found no room on this page`}
      </p>
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
          {here !== undefined && (
            <Details
              model={model}
              row={here}
              chosen={chosen}
              objects={diagnosis.objects}
              outlooks={diagnosis.outlooks}
              members={members}
              found={found}
            />
          )}
        </div>
      )}
      <Missing diagnosis={diagnosis} ofRun={ofRun} />
    </div>
  );
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

function Filters({
  model,
  diagnosis,
  filter,
  onFilter,
}: {
  readonly model: ReturnType<typeof openModel>;
  readonly diagnosis: DiagnosisPart;
  readonly filter: Filter;
  readonly onFilter: (filter: Filter) => void;
}) {
  const { texts } = model.table;
  const objects = diagnosis.objects
    .map((one, i) => ({ ...one, i }))
    .filter(({ groups }) => groups.length > 0);
  return (
    <form class="filters" role="search" aria-label="Goroutines" onSubmit={(event) => event.preventDefault()}>
      <label class="grow">
        Search
        <input
          type="search"
          placeholder="function, file, wait reason, number of a goroutine"
          value={filter.text}
          onInput={(event) => onFilter({ ...filter, text: event.currentTarget.value })}
        />
      </label>
      <label>
        Wait reason
        <select
          value={filter.reason}
          onChange={(event) => onFilter({ ...filter, reason: Number(event.currentTarget.value) })}
        >
          <option value={-1}>any</option>
          {model.reasons.map((reason) => (
            <option key={reason} value={reason}>
              {texts[reason] === '' ? '(none)' : texts[reason]}
            </option>
          ))}
        </select>
      </label>
      {objects.length > 0 && (
        <label>
          Object
          <select
            value={filter.object}
            onChange={(event) => onFilter({ ...filter, object: Number(event.currentTarget.value) })}
          >
            <option value={-1}>any</option>
            {objects.map(({ i, id, name }) => (
              <option key={i} value={i}>
                {id} {shortName(name)}
              </option>
            ))}
          </select>
        </label>
      )}
      <label class="check">
        <input
          type="checkbox"
          checked={filter.system}
          onChange={(event) => onFilter({ ...filter, system: event.currentTarget.checked })}
        />
        the runtime's own
      </label>
    </form>
  );
}
