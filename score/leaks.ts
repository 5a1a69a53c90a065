import type { Diagnosis, Group } from '../lab/analysis/model/diagnosis.js';

/** A goroutine as the test of the Go distribution writes it: `Cond.func1(...) [sync.Cond.Wait]`. */
export type Leak = string;

/** Those that the runtime's own profile calls leaked, from its text with stacks (debug 2). */
export function leaksOfProfile(text: string): readonly Leak[] {
  return text.split(/\n\n+/).flatMap((stack) => {
    const lines = stack.split('\n');
    const reason = /^goroutine \d+ [^[]*\[([^\]]*)\]/.exec(lines[0] ?? '')?.[1];
    const started = lines.findLastIndex((line) => line.startsWith('created by '));
    if (reason === undefined || !reason.includes('(leaked)') || started < 2) return [];
    // Minutes of waiting may follow.
    const [why = ''] = reason.replace(' (leaked)', '').split(', ');
    return [`${withoutPackage(lines[started - 2] ?? '')} [${why}]`];
  });
}

/** A group of goroutines that our diagnosis calls stuck. */
export interface StuckGroup {
  readonly leak: Leak;
  readonly count: number;
}

export function stuckGroups({ groups }: Diagnosis): readonly StuckGroup[] {
  return groups
    .filter(({ outlook }) => outlook === 'stuck')
    .map((group) => ({ leak: leakOf(group), count: group.count }));
}

/** What a finding names as the goroutines at fault, each kind once. */
export function rootsOf({ findings, groups }: Diagnosis): readonly Leak[] {
  const roots = findings
    .filter(({ certainty }) => certainty === 'proved' || certainty === 'strong')
    .flatMap(({ rootCause }) => rootCause.goroutines);
  const known = new Map(groups.flatMap((group) => group.exampleIds.map((id) => [id, group] as const)));
  return [
    ...new Set(roots.map(({ id, waitReason, stack }) => leakOf(known.get(id) ?? { waitReason, stack }))),
  ];
}

function leakOf({ waitReason, stack }: Pick<Group, 'waitReason' | 'stack'>): Leak {
  const frames = stack.filter(({ function: name }) => !name.startsWith('runtime.') && !isWrapper(name));
  return `${withoutPackage(`${frames.at(-1)?.function ?? '?'}(...)`)} [${waitReason}]`;
}

/** Made by the compiler for a go statement with arguments; no traceback shows it. */
const isWrapper = (name: string) => /\.(?:gowrap|deferwrap)\d+$/.test(name) || name.endsWith('-fm');

const withoutPackage = (name: string) => name.replace(/^main\./, '');
