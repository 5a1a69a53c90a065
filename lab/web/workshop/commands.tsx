import { useState } from 'preact/hooks';
import { quoteWord } from '../../quote-word.js';
import type { StepView } from '../../workshop/view.js';

/** What is typed in a terminal, each with a button that copies it. */
export function Commands({
  folder,
  commands,
}: {
  readonly folder: string;
  readonly commands: StepView['commands'];
}) {
  return (
    <section class="panel commands" aria-label="In your terminal">
      <h2>In your terminal</h2>
      <CommandLine text={`cd ${quoteWord(folder)} && . ./env.sh`} note="once in each terminal" />
      {commands.map(({ run, background }) => (
        <CommandLine key={run} text={run} note={background ? 'leave it running' : ''} />
      ))}
    </section>
  );
}

function CommandLine({ text, note }: { readonly text: string; readonly note: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(text).catch(() => {});
    setCopied(true);
    setTimeout(() => setCopied(false), 1_500);
  };
  return (
    <div class="command">
      <pre tabIndex={0} role="group" aria-label="command">
        <code>{text}</code>
      </pre>
      {note !== '' && <span class="tag">{note}</span>}
      <button type="button" class="copy" onClick={() => void copy()}>
        {copied ? 'Copied' : 'Copy'}
        <span class="unseen">: {text}</span>
      </button>
    </div>
  );
}
