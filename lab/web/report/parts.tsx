import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useFindPlaces, useSources } from './contexts.js';
import { counted, fileName, number } from './words.js';

/** What found no room on the page, and where it is; nothing where all is there. */
export function LeftOut({
  what,
}: {
  readonly what: readonly (readonly [left: number, one: string, shown: number])[];
}) {
  const some = what
    .filter(([left]) => left > 0)
    .map(([left, one, shown]) => `${number(shown)} of ${counted(shown + left, one)}`);
  if (some.length === 0) return null;
  const all = [...some.slice(0, -2), some.slice(-2).join(' and ')].join(', ');
  return (
    <p class="left-out">
      Showing {all}; <code>npx lab analyze --json</code> prints the whole diagnosis, and{' '}
      <code>diagnosis.json</code> of a run has it.
    </p>
  );
}

/** A sentence in which places are short; the whole path stands in the title, and above the source lines. */
export function Prose({ text }: { readonly text: string }) {
  const out: ComponentChildren[] = [];
  let end = 0;
  for (const place of useFindPlaces()(text)) {
    out.push(readable(text.slice(end, place.start)));
    out.push(
      <code key={place.start} title={text.slice(place.start, place.end)}>
        {fileName(place.file)}:{place.line}
      </code>,
    );
    end = place.end;
  }
  return (
    <>
      {out}
      {readable(text.slice(end))}
    </>
  );
}

/** Counts of goroutines as they stand everywhere else on the page. */
const readable = (text: string): string =>
  text.replaceAll(/\b\d{4,}(?= (?:more )?goroutines?\b)/g, (digits) => number(Number(digits)));

/** A sentence of the lab's own in which what stands between backticks is code. */
export function Ticked({ text }: { readonly text: string }) {
  const parts = text.split(/`([^`]+)`/);
  return <>{parts.map((part, i) => (i % 2 === 1 ? <code key={i}>{part}</code> : part))}</>;
}

/** Copies a text, and says that it did. */
export function Copy({
  text,
  what,
  label = 'Copy',
}: {
  readonly text: string;
  readonly what: string;
  readonly label?: string;
}) {
  return <CopyBy label={label} what={what} copy={() => copyText(text)} />;
}

type Copied = 'copied' | 'saved' | 'failed';

/** A button that copies by `copy`, and says what became of it. */
export function CopyBy({
  label,
  what,
  copy,
}: {
  readonly label: string;
  readonly what: string;
  readonly copy: () => Promise<Copied>;
}) {
  const [state, setState] = useState<Copied | 'idle'>('idle');
  const timer = useRef<ReturnType<typeof setTimeout>>();
  useEffect(() => () => clearTimeout(timer.current), []);
  const act = async () => {
    setState(await copy().catch(() => 'failed' as const));
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setState('idle'), 2_000);
  };
  return (
    <button type="button" class="copy" aria-label={`Copy ${what}`} onClick={act}>
      <span aria-live="polite">
        {{ idle: label, copied: 'Copied', saved: 'Saved', failed: 'Not copied' }[state]}
      </span>
    </button>
  );
}

/** Gives somebody a file that the page has made. */
export function save(content: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

export async function copyText(text: string): Promise<Copied> {
  try {
    await navigator.clipboard.writeText(text);
    return 'copied';
  } catch {
    // A page from the disk may have no clipboard: select it the old way.
    const area = document.createElement('textarea');
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    return done ? 'copied' : 'failed';
  }
}

/** Control characters out of a core must not become keys that are pressed in a terminal. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
const typeable = (text: string): string => text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, ' ');

/** Commands to type, one a line, with a button that copies them. */
export function Commands({
  lines,
  prompt,
  what,
}: {
  readonly lines: readonly string[];
  readonly prompt: string;
  readonly what: string;
}) {
  const safe = lines.map(typeable);
  return (
    <div class="commands">
      <pre tabIndex={0} role="group" aria-label={what}>
        {safe.map((line, i) => (
          <div key={i} class="typed">
            <span class="prompt">{prompt} </span>
            {line}
          </div>
        ))}
      </pre>
      <Copy text={safe.join('\n')} what={what} />
    </div>
  );
}

/** The lines around a place, the line itself marked; nothing where the source was not at hand. */
export function Source({ place }: { readonly place: string }) {
  const found = useSources()[place];
  if (found === undefined) return null;
  const colon = place.lastIndexOf(':');
  const marked = Number(place.slice(colon + 1));
  return (
    <figure class="source">
      <figcaption>
        <b>
          {fileName(place.slice(0, colon))}:{marked}
        </b>{' '}
        <span class="dim">{place.slice(0, colon)}</span>
      </figcaption>
      <pre tabIndex={0} role="group" aria-label={`Source around ${fileName(place)}`}>
        {found.lines.map((line, i) => {
          const at = found.from + i;
          return (
            <div key={at} class={at === marked ? 'line marked' : 'line'}>
              <span class="line-number">{at}</span>
              {at === marked && <span class="unseen">this line: </span>}
              <span>{line === '' ? ' ' : line}</span>
            </div>
          );
        })}
      </pre>
    </figure>
  );
}
