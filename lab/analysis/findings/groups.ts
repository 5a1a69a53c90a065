import type { Diagnosis, Group } from '../model/diagnosis.js';
import type { Bucket, Signature, Snapshot } from '../model/snapshot.js';
import type { RuleInput } from '../rules/rule.js';
import type { Outlooks } from './outlook.js';

/** Groups with what becomes of their goroutines, of several kinds the worst. */
export function groupsOf(
  { signatures, buckets }: Snapshot,
  outlooks: Outlooks,
  spins: RuleInput['spins'],
): Group[] {
  const bySignature = new Map<Signature, Bucket[]>();
  for (const bucket of buckets) {
    const own = bySignature.get(bucket.signature);
    if (own === undefined) bySignature.set(bucket.signature, [bucket]);
    else own.push(bucket);
  }
  return signatures.map((signature) => {
    const own = (bySignature.get(signature) ?? []).flatMap((bucket) => {
      const outlook = outlooks.of.get(bucket);
      return outlook === undefined ? [] : [{ bucket, outlook }];
    });
    const [worst] = own.toSorted((a, b) => worstFirst[a.outlook.kind] - worstFirst[b.outlook.kind]);
    if (worst === undefined) return groupOf(signature);
    const { bucket, outlook } = worst;
    const releasers = outlooks.releasersOf(bucket);
    const spin = spins?.get(bucket.key);
    return {
      ...groupOf(signature),
      ...{ outlook: outlook.kind, outlookReason: outlook.why },
      ...(spin && { spins: { function: spin.function, file: spin.file, from: spin.from, to: spin.to } }),
      ...(releasers.length === 0 ? {} : { releasers: [...releasers] }),
    };
  });
}

const worstFirst = { stuck: 0, unclear: 1, spinning: 2, idle: 3, ends: 4 } as const;

function groupOf(signature: Signature): Group {
  return {
    id: signature.id,
    count: signature.count,
    waitReason: signature.waitReason,
    userLocation: signature.userLocation,
    startLocation: signature.startLocation,
    goStatementLocation: signature.goStatementLocation,
    exampleIds: [...signature.exampleIds],
    ...(signature.labels === undefined
      ? {}
      : { labels: signature.labels.map(({ set, count }) => ({ set: Object.fromEntries(set), count })) }),
    stack: signature.frames.map(({ function: name, file, line, inlined }) => ({
      function: name,
      file,
      line,
      inlined,
    })),
  };
}

/** The article's table: how many goroutines stand at each user location. */
export function userLocations(signatures: readonly Signature[]): Diagnosis['userLocations'] {
  const table = new Map<string, { function: string; line: number; count: number }>();
  for (const { userLocation, count } of signatures) {
    const key = `${userLocation.function}:${userLocation.line}`;
    const row = table.get(key) ?? { function: userLocation.function, line: userLocation.line, count: 0 };
    row.count += count;
    table.set(key, row);
  }
  return [...table.values()].sort((a, b) => b.count - a.count || a.function.localeCompare(b.function));
}
