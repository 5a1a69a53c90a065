import { join } from 'node:path';
import type { Diagnosis, Group, Location } from '../../lab/analysis/model/diagnosis.js';
import type { Roster } from '../../lab/analysis/model/roster.js';
import { projectRoot } from '../../lab/paths.js';
import { readReport } from '../../lab/report/run-files.js';
import type { RunReport } from '../../lab/report/run-report.js';
import type { SourceMap } from '../../lab/source/source-map.js';
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

/** A diagnosis of which everything is too much: findings, their claims and stacks, values, objects, limits. */
export function endlessDiagnosis(findings: number): Diagnosis {
  const article = articleDiagnosis();
  const [finding] = article.findings;
  const [goroutine] = finding?.rootCause.goroutines ?? [];
  const [resource] = finding?.rootCause.resources ?? [];
  const [group] = article.groups;
  if (!finding || !goroutine || !resource || !group) throw new Error('the article has all of it');
  const many = <T>(count: number, make: (i: number) => T): T[] =>
    Array.from({ length: count }, (_, i) => make(i));
  const megabytes = `<"${'x\u0001é'.repeat(500_000)}`;
  const place = (i: number) => ({
    function: `main.step${i}`,
    file: `/build/${'deep/'.repeat(20)}a.go`,
    line: i,
  });
  const stack = many(300, (index) => ({
    ...{ ...place(index), index, inlined: false },
    variables: many(6, (i) => ({ name: `v${i}`, value: index === 3 ? megabytes : `value ${i} of ${index}` })),
  }));
  const [wide] = many(1, () => ({ ...goroutine, role: megabytes, stack }));
  const root = (f: number) => ({
    goroutines: many(f === 0 ? 400 : 20, (i) => ({
      ...(wide ?? goroutine),
      ...{ id: 1_000 * f + i, waitsFor: [`R${i}`], waitReason: 'chan send' },
    })),
    resources: many(f === 0 ? 2_000 : 20, (i) => ({
      ...resource,
      id: `R${i}`,
      name: `main.object${i}`,
      address: `0x${i}`,
    })),
    edges: many(f === 0 ? 3_000 : 40, (i) => ({
      ...{
        from: i % 2 === 0 ? `G${1_000 * f + i / 2}` : `R${i}`,
        to: i % 2 === 0 ? `R${i}` : `G${1_000 * f}`,
      },
      ...{
        relation: i % 2 === 0 ? ('waits-for' as const) : ('released-by' as const),
        inferred: true,
        evidence: ['E1'],
      },
    })),
  });
  return {
    ...article,
    summary: megabytes,
    findings: many(findings, (f) => ({
      ...finding,
      ...{
        id: `F${f + 1}`,
        explanation: `Finding ${f + 1}. ${f === 0 ? megabytes : ''}`,
        suggestion: megabytes,
        rootCause: root(f),
      },
      victims: { goroutines: 50_000, groups: many(5_000, (i) => `S${i + 1}`) },
      evidence: many(f === 0 ? 2_000 : 20, (i) => ({
        ...{
          id: `E${i + 1}`,
          kind: 'memory' as const,
          text: `Claim ${i + 1}. ${f + i === 1 ? megabytes : ''}`,
        },
        check: 'goroutine 1; stack',
      })),
    })),
    groups: many(5_000, (i) => ({
      ...group,
      ...{ id: `S${i + 1}`, count: 10 },
      waitReason: i === 7 ? megabytes : 'chan send',
    })),
    objects: many(5_000, (i) => ({
      ...{
        ...resource,
        id: `C${i}`,
        name: `main.waited${i}`,
        address: `0xc${i}`,
        state: i === 2 ? megabytes : 'full',
      },
      ...{ waiting: 3, groups: many(100, (k) => `S${k + 1}`) },
    })),
    limits: many(2_000, (i) => (i === 1 ? megabytes : `limit ${i}, in a few words`)),
  };
}
