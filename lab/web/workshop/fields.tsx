import type { StepView } from '../../workshop/view.js';

/** What the participant fills in. */
export function Fields({
  fields,
  answers,
  set,
}: {
  readonly fields: StepView['fields'];
  readonly answers: Readonly<Record<string, string>>;
  readonly set: (answers: Readonly<Record<string, string>>) => void;
}) {
  return (
    <div class="fields">
      {fields.map(({ name, label, choices }) => {
        const value = answers[name] ?? '';
        const id = `field-${name}`;
        const change = (next: string) => set({ ...answers, [name]: next });
        return (
          <p key={name}>
            <label for={id}>{label}</label>
            {choices === undefined ? (
              <input
                id={id}
                name={name}
                value={value}
                autocomplete="off"
                spellcheck={false}
                onInput={(event) => change(event.currentTarget.value)}
              />
            ) : (
              <select
                id={id}
                name={name}
                value={value}
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
          </p>
        );
      })}
    </div>
  );
}
