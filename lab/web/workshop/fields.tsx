import type { StepView } from '../../workshop/view.js';

/** What the participant fills in; an answer that is wrong or missing is marked where it stands. */
export function Fields({
  fields,
  answers,
  wrong,
  set,
}: {
  readonly fields: StepView['fields'];
  readonly answers: Readonly<Record<string, string>>;
  /** Names of the fields that were found wrong, with what stood in them then. */
  readonly wrong: ReadonlyMap<string, string>;
  readonly set: (answers: Readonly<Record<string, string>>) => void;
}) {
  return (
    <div class="fields">
      {fields.map(({ name, label, choices }) => {
        const value = answers[name] ?? '';
        const id = `field-${name}`;
        // What was changed since is not known to be wrong.
        const isWrong = wrong.get(name) === value;
        const marks = {
          'aria-invalid': isWrong,
          ...(isWrong ? { 'aria-describedby': `${id}-why` } : {}),
        };
        const change = (next: string) => set({ ...answers, [name]: next });
        return (
          <p key={name} class={isWrong ? 'wrong' : ''}>
            <label for={id}>{label}</label>
            {choices === undefined ? (
              <input
                id={id}
                name={name}
                value={value}
                {...marks}
                autocomplete="off"
                spellcheck={false}
                onInput={(event) => change(event.currentTarget.value)}
              />
            ) : (
              <select
                id={id}
                name={name}
                value={value}
                {...marks}
                onChange={(event) => change(event.currentTarget.value)}
              >
                <option value="">choose …</option>
                {choices.map((choice) => (
                  <option key={choice} value={choice}>
                    {choice}
                  </option>
                ))}
              </select>
            )}
            {isWrong && (
              <span id={`${id}-why`} class="why">
                {value.trim() === '' ? 'is empty' : 'does not fit'}
              </span>
            )}
          </p>
        );
      })}
    </div>
  );
}
