import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { deadlockClasses, deadlockSubtypes } from '../../lab/analysis/model/diagnosis.js';
import { projectRoot } from '../../lab/paths.js';

const folder = join(projectRoot, 'test/fixtures/real');
const words = z.array(z.string());

/** `test/fixtures/real/README.md` says what the members mean. */
const faultySchema = z.strictObject({
  verdict: z.literal('deadlock'),
  accept: z.array(z.tuple([z.enum(deadlockClasses), z.enum(deadlockSubtypes)])).min(1),
  functions: words,
  objects: words,
  rules: words.optional(),
  victimsMin: z.number().int(),
  seconds: z.number().positive(),
  fixed: z.enum(['tags', 'modfile', 'args']).nullable(),
  ref: z.string(),
});

const healthySchema = z.strictObject({
  verdict: z.literal('none'),
  generate: z.string().optional(),
  cpuSeconds: z.number().positive().optional(),
  runs: z
    .array(z.strictObject({ args: words.default([]), options: words.default([]) }))
    .default([{ args: [], options: [] }]),
});

export type Expected = z.infer<typeof faultySchema>;
type Healthy = z.infer<typeof healthySchema>;

interface Place {
  /** Below `test/fixtures/real`. */
  readonly name: string;
  readonly folder: string;
}

export interface FaultyCase extends Place {
  readonly expected: Expected;
  /** Words that the repaired variant is started with. */
  readonly fixedArgs: readonly string[];
}

export interface HealthyCase extends Place {
  readonly expected: Healthy;
}

export interface Cases {
  readonly faulty: readonly FaultyCase[];
  readonly healthy: readonly HealthyCase[];
}

/** Every folder of the fixtures that says what is expected of it; `wanted` chooses some by their names. */
export function readCases(wanted: readonly string[] = []): Cases {
  const faulty: FaultyCase[] = [];
  const healthy: HealthyCase[] = [];
  for (const place of places()) {
    if (wanted.length > 0 && !wanted.includes(place.name)) continue;
    const json: unknown = JSON.parse(readFileSync(join(place.folder, 'expect.json'), 'utf8'));
    const expected = z.discriminatedUnion('verdict', [faultySchema, healthySchema]).parse(json);
    if (expected.verdict === 'none') healthy.push({ ...place, expected });
    else faulty.push({ ...place, expected, fixedArgs: fixedArgs(place, expected) });
  }
  const known = [...faulty, ...healthy].map(({ name }) => name);
  const unknown = wanted.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new Error(`no case in ${folder} is called ${unknown.join(', ')}`);
  return { faulty, healthy };
}

function places(): Place[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => existsSync(join(folder, name, 'expect.json')))
    .sort()
    .map((name) => ({ name, folder: join(folder, name) }));
}

function fixedArgs(place: Place, { fixed }: Expected): string[] {
  if (fixed !== 'args') return [];
  return readFileSync(join(place.folder, 'args.fixed'), 'utf8').trim().split(/\s+/);
}
