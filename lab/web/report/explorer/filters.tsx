import type { ComponentChildren } from 'preact';
import type { DiagnosisPart } from '../../../report/page-data.js';
import { shortName } from '../words.js';
import type { Filter, Model } from './model.js';

/** Labels that can be chosen; the search finds the others. */
const mostLabels = 300;

const parts = [
  ['any', 'any'],
  ['roots', 'root cause'],
  ['victims', 'victims'],
] as const;

/** Narrows the goroutines down: by text, and by what was concluded of them. */
export function Filters({
  model,
  diagnosis,
  filter,
  onFilter,
}: {
  readonly model: Model;
  readonly diagnosis: DiagnosisPart;
  readonly filter: Filter;
  readonly onFilter: (filter: Filter) => void;
}) {
  const { texts } = model.table;
  const objects = diagnosis.objects
    .map((one, i) => ({ ...one, i }))
    .filter(({ groups }) => groups.length > 0);
  const known = parts.filter(([part]) => part === 'any' || model.inPart[part].size > 0);
  const change = (to: Partial<Filter>) => onFilter({ ...filter, ...to });
  return (
    <form class="filters" role="search" aria-label="Goroutines" onSubmit={(event) => event.preventDefault()}>
      <label class="grow">
        Search
        <input
          type="search"
          placeholder="function, file, wait reason, number of a goroutine"
          value={filter.text}
          onInput={(event) => change({ text: event.currentTarget.value })}
        />
      </label>
      {known.length > 1 && (
        <Choice name="Part" value={filter.part} onChange={(value) => change({ part: partOf(value) })}>
          {known.map(([part, words]) => (
            <option key={part} value={part}>
              {words}
            </option>
          ))}
        </Choice>
      )}
      <Choice
        name="Wait reason"
        value={filter.reason}
        onChange={(value) => change({ reason: Number(value) })}
      >
        <option value={-1}>any</option>
        {model.reasons.map((reason) => (
          <option key={reason} value={reason}>
            {texts[reason] === '' ? '(none)' : texts[reason]}
          </option>
        ))}
      </Choice>
      {model.outlooks.length > 0 && (
        <Choice
          name="Outlook"
          value={filter.outlook}
          onChange={(value) => change({ outlook: Number(value) })}
        >
          <option value={-1}>any</option>
          {model.outlooks.map((outlook) => (
            <option key={outlook} value={outlook}>
              {texts[outlook]}
            </option>
          ))}
        </Choice>
      )}
      {objects.length > 0 && (
        <Choice name="Object" value={filter.object} onChange={(value) => change({ object: Number(value) })}>
          <option value={-1}>any</option>
          {objects.map(({ i, id, name }) => (
            <option key={i} value={i}>
              {id} {shortName(name)}
            </option>
          ))}
        </Choice>
      )}
      {model.labels.length > 0 && (
        <Choice name="Label" value={filter.label} onChange={(label) => change({ label })}>
          <option value="">any</option>
          {model.labels.slice(0, mostLabels).map((label) => (
            <option key={label} value={label}>
              {label}
            </option>
          ))}
        </Choice>
      )}
      <label class="check">
        <input
          type="checkbox"
          checked={filter.system}
          onChange={(event) => change({ system: event.currentTarget.checked })}
        />
        the runtime's own
      </label>
    </form>
  );
}

const partOf = (value: string): Filter['part'] => parts.find(([part]) => part === value)?.[0] ?? 'any';

function Choice({
  name,
  value,
  onChange,
  children,
}: {
  readonly name: string;
  readonly value: string | number;
  readonly onChange: (value: string) => void;
  readonly children: ComponentChildren;
}) {
  return (
    <label>
      {name}
      <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {children}
      </select>
    </label>
  );
}
