import { useState } from 'preact/hooks';
import { quoteWord } from '../../quote-word.js';
import type { StepView } from '../../workshop/view.js';
import { run } from './terminal.js';

/** What is typed in a terminal, each with a button that does so in the page's own, and one that copies it. */
export function Commands({
  folder,
  commands,
  terminal,
}: {
  readonly folder: string;
  readonly commands: StepView['commands'];
  /** Whether the page has one. */
  readonly terminal: boolean;
}) {
  return (
    <section class="panel commands" aria-label="In a terminal">
      <h2>In a terminal</h2>
      <details class="elsewhere">
        <summary>In one of your own, type this first</summary>
        <CommandLine text={`cd ${quoteWord(folder)} && . ./env.sh`} note="once in each terminal" />
      </details>
      {commands.map(({ run: text, background }) => (
        <CommandLine
          key={text}
          text={text}
          note={background ? 'leave it running' : ''}
          {...(terminal ? { onRun: () => run(text, background) } : {})}
        />
      ))}
    </section>
  );
}

function CommandLine({
  text,
  note,
  onRun,
}: {
  readonly text: string;
  readonly note: string;
  readonly onRun?: () => void;
}) {
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
      {onRun !== undefined && (
        <button type="button" class="copy" onClick={onRun}>
          Run<span class="unseen">: {text}</span>
        </button>
      )}
      <button type="button" class="copy" onClick={() => void copy()}>
        {copied ? 'Copied' : 'Copy'}
        <span class="unseen">: {text}</span>
      </button>
    </div>
  );
}
