// The examples of docs/library.md, as they stand there.
import { analyze, compare, LabError, parseDump } from 'go-deadlock-lab';

/** Why a program hangs, in a line. */
export async function whyItHangs(exe: string, core: string): Promise<string> {
  try {
    const { verdict, summary, findings } = await analyze({ exe, core });
    return [verdict, ...findings.map(({ rule, certainty }) => `${rule} (${certainty})`), summary].join(': ');
  } catch (error) {
    if (error instanceof LabError) return `${error.code}: ${error.message}; ${error.hint ?? ''}`;
    throw error;
  }
}

/** How many goroutines wait for what, in the last dump of a log. */
export async function waitsIn(log: string): Promise<Record<string, number>> {
  const dump = (await parseDump(log)).at(-1);
  const waits: Record<string, number> = {};
  for (const { waitReason, count } of dump?.stacks ?? []) {
    if (waitReason !== '') waits[waitReason] = (waits[waitReason] ?? 0) + count;
  }
  return waits;
}

/** Who did not move between two dumps of one process. */
export async function whoStoodStill(before: string, after: string): Promise<string[]> {
  const { groups } = await compare([{ text: before }, { text: after }], { source: false });
  return groups
    .filter(({ unmoved }) => (unmoved ?? 0) > 0)
    .map(({ place, unmoved, waitReason }) => `${unmoved} in ${place.function}: ${waitReason}`);
}
