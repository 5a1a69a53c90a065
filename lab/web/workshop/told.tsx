import type { StepView } from '../../workshop/view.js';

/** What is told once a step is done: why it is so, and of a repair how ours looks. */
export function Told({ told, changes = [] }: Pick<StepView, 'told' | 'changes'>) {
  if (told === undefined) return null;
  return (
    <section class="told" aria-label="Afterwards">
      <h2>Afterwards</h2>
      <div class="prose" dangerouslySetInnerHTML={{ __html: told }} />
      {changes.length > 0 && (
        <div class="changes">
          {changes.map(({ title, text }) => (
            <figure key={title}>
              <figcaption>{title}</figcaption>
              <pre tabIndex={0} role="group" aria-label={title}>
                <code>
                  {text.split('\n').map((line, i) => (
                    <span key={i} class={kindOf(line)}>
                      {line}
                      {'\n'}
                    </span>
                  ))}
                </code>
              </pre>
            </figure>
          ))}
        </div>
      )}
    </section>
  );
}

function kindOf(line: string): string {
  if (/^(?:---|\+\+\+|@@)/.test(line)) return 'dim';
  return line.startsWith('+') ? 'added' : line.startsWith('-') ? 'removed' : '';
}
