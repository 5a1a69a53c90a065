import { join } from 'node:path';
import type { Diagnosis, Group, Location } from '../../lab/analysis/diagnosis.js';
import type { Roster } from '../../lab/analysis/roster.js';
import { projectRoot } from '../../lab/paths.js';
import type { SourceMap } from '../../lab/report/page/source-lines.js';
import { readReport } from '../../lab/report/run-files.js';
import type { RunReport } from '../../lab/report/run-report.js';
import { openRun } from '../../lab/store/run-store.js';
import { articleDiagnosis } from '../checklist/article.js';

const fixture = join(projectRoot, 'test', 'fixtures', 'report', 'blog');

/** A real run of the article's experiment, without its core. */
export async function storedRun(): Promise<{ readonly report: RunReport; readonly sources: SourceMap }> {
  const report = await readReport(await openRun(fixture));
  return { report, sources: [{ from: '/lab/go-server', to: join(fixture, 'sources') }] };
}

/** A diagnosis of as many goroutines as one likes, in groups whose stacks fork like those of a large service. */
export function crowdedDiagnosis(goroutines: number, groups: number): Diagnosis {
  const article = articleDiagnosis();
  const made = Array.from({ length: groups }, (_, i) => groupNumber(i, share(goroutines, groups, i)));
  const [first] = article.findings;
  return {
    ...article,
    process: {
      ...article.process,
      goroutines: { total: goroutines, user: goroutines, system: 0, blocked: goroutines },
    },
    findings: first === undefined ? [] : [{ ...first, victims: { goroutines: 1_000, groups: ['S1'] } }],
    groups: made,
  };
}

/** Which goroutines the groups of a diagnosis have, thrown together as a busy server does it: the worst for a list. */
export function scatteredRoster({ groups }: Pick<Diagnosis, 'groups'>, seed = 7): Roster {
  const total = groups.reduce((sum, { count }) => sum + count, 0);
  const ids = Float64Array.from({ length: total }, (_, i) => i + 1);
  let state = seed;
  const random = (below: number): number => {
    for (const shift of [13, -17, 5]) state ^= shift > 0 ? state << shift : state >>> -shift;
    return (state >>> 0) % below;
  };
  for (let i = total - 1; i > 0; i--) {
    const other = random(i + 1);
    const kept = ids[i] ?? 0;
    ids[i] = ids[other] ?? 0;
    ids[other] = kept;
  }
  let from = 0;
  return groups.map(({ id, count }) => {
    const own = ids.slice(from, from + count).sort();
    from += count;
    return {
      ...{ group: id, ids: own },
      waited: own.map((one) => (one % 3 === 0 ? 0 : (one % 50) * 7)),
      creators: own.map((one) => 1 + (one % 5)),
      locked: [...own.filter((one) => one % 1_000 === 1)],
    };
  });
}

/** The article's diagnosis with a text in place of whatever comes out of a core. */
export function hostileDiagnosis(text: string): Diagnosis {
  const article = articleDiagnosis();
  const spoil = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(spoil);
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, spoilText(key, inner)]));
  };
  const told = new Set(['function', 'file', 'waitReason', 'name', 'value', 'role', 'elemType', 'address']);
  const more = new Set(['text', 'check', 'explanation', 'suggestion', 'summary', 'exe', 'core', 'buildId']);
  const spoilText = (key: string, value: unknown): unknown =>
    typeof value === 'string' && (told.has(key) || more.has(key)) ? `${text}${value}${text}` : spoil(value);
  return { ...(spoil(article) as Diagnosis), limits: [text] };
}

function share(goroutines: number, groups: number, i: number): number {
  if (i === 0) return goroutines - Math.floor(goroutines / 2);
  return Math.max(1, Math.floor(goroutines / 2 / groups));
}

const packages = ['billing', 'search', 'session', 'storage', 'notifications', 'gateway', 'ledger'];

function groupNumber(i: number, count: number): Group {
  const place = (depth: number, which: number): Location => {
    const name = packages[(depth + which) % packages.length] ?? 'app';
    return {
      function: `example.com/organisation/monorepo/services/${name}/internal/handlers.(*Handler${which % 97}).Step${depth}Of${which}`,
      file: `/build/organisation/monorepo/services/${name}/internal/handlers/handler_${which % 97}.go`,
      line: 10 + (which % 400),
    };
  };
  const own = Array.from({ length: 12 }, (_, depth) =>
    place(depth, Math.floor(i / 4 ** (11 - depth)) % 5_000),
  );
  const park = { function: 'runtime.gopark', file: '/go/src/runtime/proc.go', line: 463 };
  const exit = { function: 'runtime.goexit', file: '/go/src/runtime/asm_amd64.s', line: 1771 };
  const stack = [park, ...own.toReversed(), exit].map((one, k) => ({ ...one, inlined: k === 2 }));
  return {
    id: `S${i + 1}`,
    count,
    waitReason: ['chan send', 'chan receive', 'select', 'sync.Mutex.Lock', 'IO wait'][i % 5] ?? '',
    userLocation: own.at(-1) ?? park,
    startLocation: own[0] ?? park,
    goStatementLocation: place(0, i % 50),
    exampleIds: Array.from({ length: Math.min(8, count) }, (_, k) => 100 + i * 8 + k),
    stack,
  };
}
