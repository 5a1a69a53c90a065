import { Source } from './parts.js';
import { fileName, isPrivateRuntime } from './words.js';

export interface ShownFrame {
  readonly function: string;
  readonly file: string;
  readonly line: number;
  readonly inlined: boolean;
  readonly index?: number;
  readonly variables?: readonly { readonly name: string; readonly value: string }[] | undefined;
}

/** A stack, innermost frame first, with what its variables are and the source of the program's own frames. */
export function Stack({
  frames,
  blocked,
  created,
}: {
  readonly frames: readonly ShownFrame[];
  /** Where it waits: its source is shown. */
  readonly blocked: { readonly file: string; readonly line: number };
  readonly created?: { readonly function: string; readonly file: string; readonly line: number };
}) {
  return (
    <>
      <ol class="stack" start={0}>
        {frames.map((frame, i) => (
          <li key={i} value={frame.index ?? i} class={isPrivateRuntime(frame.function) ? 'runtime' : ''}>
            <Frame frame={frame} marked={frame.file === blocked.file && frame.line === blocked.line} />
          </li>
        ))}
      </ol>
      {created !== undefined && created.function !== '' && (
        <p class="dim">
          created by <code>{created.function}</code> at{' '}
          <code title={created.file}>
            {fileName(created.file)}:{created.line}
          </code>
        </p>
      )}
    </>
  );
}

function Frame({ frame, marked }: { readonly frame: ShownFrame; readonly marked: boolean }) {
  const place = `${frame.file}:${frame.line}`;
  return (
    <>
      <code class={marked ? 'function blocked' : 'function'}>{frame.function}</code>{' '}
      {frame.inlined && <span class="tag">inlined</span>}{' '}
      {marked && <span class="tag deadlock">blocked here</span>}{' '}
      <span class="dim place" title={place}>
        {fileName(frame.file)}:{frame.line}
      </span>
      <Variables variables={frame.variables ?? []} />
      {marked && <Source place={place} />}
    </>
  );
}

export function Variables({ variables }: { readonly variables: NonNullable<ShownFrame['variables']> }) {
  if (variables.length === 0) return null;
  return (
    <dl class="variables">
      {variables.map(({ name, value }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
