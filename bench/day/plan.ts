import type { Scenario } from '../../lab/scenarios/scenario.js';
import { randomFrom } from '../../test/random.js';

/** What looks like a hang and is none, with how long it lasts, seconds, and what it happens to. */
export const lookalikes = {
  'load peak': { least: 4, most: 9, on: 'any' },
  'garbage collection': { least: 3, most: 8, on: 'desk' },
  'late answers': { least: 4, most: 10, on: 'desk' },
  'short silence': { least: 1, most: 4, on: 'desk' },
  'disk stall': { least: 3, most: 12, on: 'desk' },
  pause: { least: 1, most: 12, on: 'any' },
  deployment: { least: 0, most: 8, on: 'any' },
  'network cut': { least: 3, most: 12, on: 'any' },
  'connections refused': { least: 2, most: 8, on: 'any' },
  'frozen group': { least: 2, most: 12, on: 'any' },
  'no processor': { least: 3, most: 12, on: 'any' },
} as const satisfies Readonly<Record<string, { least: number; most: number; on: 'any' | 'desk' }>>;

export type Lookalike = keyof typeof lookalikes;

export type Episode = { readonly id: number; readonly clock: string } & (
  | { readonly kind: Lookalike; readonly seconds: number; readonly to: string }
  | { readonly kind: 'hang'; readonly to: string }
);

export interface DaySize {
  readonly episodes: number;
  readonly hangs: number;
  readonly seed: number;
  /** What happens beside deployments; everything unless given. */
  readonly kinds?: readonly string[];
}

/** What one service lives through from a deployment to the hang of what was deployed. */
export type Shift = readonly Episode[];

const daySeconds = 24 * 3_600;

/**
 * Episodes of a day: as many that look like hangs as asked for, and so many hangs, of every scenario in turn. A shift begins
 * with a deployment of the healthy desk, goes on with one of a faulty build, and ends with its hang; deployments count.
 */
export function planDay(
  { episodes, hangs, seed, kinds }: DaySize,
  scenarios: readonly Scenario[],
): readonly Shift[] {
  const random = randomFrom(seed);
  const others = (Object.keys(lookalikes) as Lookalike[]).filter(
    (name) => name !== 'deployment' && kinds?.includes(name) !== false,
  );
  const shifts: Episode[][] = [];
  const count = Math.max(1, hangs);
  let id = 0;
  let left = episodes;
  for (let shift = 0; shift < count; shift += 1) {
    const share = Math.round(left / (count - shift));
    left -= share;
    const faulty = scenarios[shift % scenarios.length]?.name ?? '';
    // Half of what can happen to any service happens to the faulty build before its hang.
    const drawn = Array.from({ length: Math.max(0, share - 2) }, () => {
      const kind = pick(others, random);
      return { kind, isLate: lookalikes[kind].on === 'any' && random() < 0.5 };
    });
    const disturb = (to: string, names: readonly Lookalike[]) =>
      names.map((kind) => ({ kind, to, seconds: secondsOf(kind, random) }));
    const of = (late: boolean) => drawn.filter(({ isLate }) => isLate === late).map(({ kind }) => kind);
    const planned = [
      ...(share > 1 ? disturb('desk', ['deployment', ...of(false)]) : []),
      ...disturb(faulty, ['deployment', ...of(true)]),
    ];
    const all = hangs === 0 ? planned : [...planned, { kind: 'hang' as const, to: faulty }];
    shifts.push(all.map((one) => ({ ...one, id: id++, clock: '' }) as Episode));
  }
  const times = Array.from({ length: id }, () => random() * daySeconds).sort((a, b) => a - b);
  return shifts.map((shift) => shift.map((one) => ({ ...one, clock: clockOf(times[one.id] ?? 0) })));
}

function pick<T>(from: readonly T[], random: () => number): T {
  return from[Math.floor(random() * from.length)] as T;
}

function secondsOf(kind: Lookalike, random: () => number): number {
  const { least, most } = lookalikes[kind];
  return Math.round((least + random() * (most - least)) * 10) / 10;
}

function clockOf(seconds: number): string {
  const two = (n: number) => String(Math.floor(n)).padStart(2, '0');
  return `${two(seconds / 3_600)}:${two((seconds / 60) % 60)}:${two(seconds % 60)}`;
}
