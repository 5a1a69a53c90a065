import { useState } from 'preact/hooks';
import type { PredictView } from '../../workshop/view.js';

interface PredictProps {
  readonly predict: PredictView;
  readonly idle: boolean;
  /** The check was asked for before anything was said. */
  readonly missing: boolean;
  readonly say: (choice: string) => void;
}

/** What the participant expects, before anything is typed; whether it was right is told once the step is done. */
export function Predict({ predict, idle, missing, say }: PredictProps) {
  const { ask, choices, given, right } = predict;
  const [chosen, choose] = useState<string>();
  if (given !== undefined || right !== undefined) return <Said predict={predict} />;
  return (
    <form
      class={`panel predict${missing ? ' wrong' : ''}`}
      onSubmit={(event) => {
        event.preventDefault();
        if (chosen !== undefined) say(chosen);
      }}
    >
      <fieldset aria-describedby={missing ? 'prediction-missing' : undefined}>
        <legend>
          <strong>What do you expect?</strong> <span dangerouslySetInnerHTML={{ __html: ask }} />
        </legend>
        {choices.map((choice) => (
          <label key={choice}>
            <input
              type="radio"
              name="prediction"
              value={choice}
              checked={chosen === choice}
              onChange={() => choose(choice)}
            />{' '}
            {choice}
          </label>
        ))}
      </fieldset>
      {missing && (
        <p id="prediction-missing" class="why">
          Choose one first; a guess is as good as knowledge here.
        </p>
      )}
      <p class="buttons">
        <button type="submit" class="main" disabled={!idle || chosen === undefined}>
          That is what I expect
        </button>
      </p>
    </form>
  );
}

function Said({ predict: { ask, given, right } }: { readonly predict: PredictView }) {
  const fits = given === right;
  return (
    <div class={`panel predict said${right === undefined ? '' : fits ? ' right' : ' other'}`}>
      <p>
        <strong>What did you expect?</strong> <span dangerouslySetInnerHTML={{ __html: ask }} />
      </p>
      <p>
        {given === undefined ? 'You did not say.' : `You expect: ${given}.`}{' '}
        {right !== undefined &&
          (fits ? 'So it is.' : `${given === undefined ? 'It is' : 'It is otherwise'}: ${right}.`)}
      </p>
    </div>
  );
}
