import { encodeProfile } from '../../../dump/encode-profile.js';
import { save } from '../parts.js';
import { type Model, stackOf } from './model.js';

/** What is chosen as a file for other tools. */
export function Exports({ model, chosen }: { readonly model: Model; readonly chosen: Float64Array }) {
  return (
    <p class="exports">
      <span class="dim">Save these as</span>{' '}
      <button
        type="button"
        class="copy"
        onClick={() => save(new Blob([foldedStacks(model, chosen)]), 'goroutines.folded')}
      >
        folded stacks
      </button>{' '}
      <button type="button" class="copy" onClick={() => void saveProfile(model, chosen)}>
        pprof
      </button>
    </p>
  );
}

const chosenGroups = (chosen: Float64Array): number[] =>
  [...chosen.keys()].filter((group) => (chosen[group] ?? 0) > 0);

/** A line for each stack, outermost function first, and its count: what flamegraph.pl and speedscope read. */
export function foldedStacks(model: Model, chosen: Float64Array): string {
  const counts = new Map<string, number>();
  for (const group of chosenGroups(chosen)) {
    const names = stackOf(model, group).map((frame) => frame.function.replaceAll(/[;\n]/g, ','));
    const stack = names.toReversed().join(';');
    counts.set(stack, (counts.get(stack) ?? 0) + (chosen[group] ?? 0));
  }
  return [...counts].map(([stack, count]) => `${stack === '' ? '(no stack)' : stack} ${count}\n`).join('');
}

/** A profile as `lab analyze --pprof` writes it: labelled with the group, why it waits and what becomes of that. */
async function saveProfile(model: Model, chosen: Float64Array): Promise<void> {
  const { groups, texts } = model.table;
  const profile = encodeProfile(
    chosenGroups(chosen).map((group) => {
      const [wait = '', outlook] = [groups.waitReason, groups.outlook].map(
        (column) => texts[column?.[group] ?? -1],
      );
      return {
        ...{ count: chosen[group] ?? 0, frames: stackOf(model, group) },
        labels: {
          group: groups.id[group] ?? '',
          ...(wait === '' ? {} : { wait }),
          ...(outlook === undefined ? {} : { outlook }),
        },
      };
    }),
  );
  const packed = new Blob([new Uint8Array(profile)]).stream().pipeThrough(new CompressionStream('gzip'));
  save(await new Response(packed).blob(), 'goroutines.pb.gz');
}
