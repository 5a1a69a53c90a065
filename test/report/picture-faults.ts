import type { Diagnosis } from '../../lab/analysis/model/diagnosis.js';
import { drawGraph } from '../../lab/report/page/graph.js';
import type { GraphPicture } from '../../lab/report/page-data.js';

/** The picture of each finding. */
export async function picturesOf(diagnosis: Diagnosis): Promise<readonly (GraphPicture | undefined)[]> {
  return await Promise.all(diagnosis.findings.map((finding) => drawGraph(finding, diagnosis)));
}

/**
 * What is not true in the pictures of a diagnosis, one sentence each: an edge of victims that leads to an object which
 * they do not wait for, or of more of them than it has waiters; an object that is drawn twice.
 */
export async function pictureFaults(
  diagnosis: Diagnosis,
  given?: readonly (GraphPicture | undefined)[],
): Promise<string[]> {
  const pictures = given ?? (await picturesOf(diagnosis));
  return diagnosis.findings.flatMap(({ id, rootCause }, i) => {
    const picture = pictures[i];
    const known = [...rootCause.resources, ...(diagnosis.objects ?? [])];
    const addressesOf = (members: readonly string[]) =>
      new Set(known.filter((one) => members.includes(one.id)).map(({ address }) => address));
    const objects = picture?.nodes.filter(({ kind }) => kind === 'object') ?? [];
    const drawn = objects.flatMap(({ members }) => [...addressesOf(members)]).filter((one) => one !== '0x0');
    const twice = drawn
      .filter((one, at) => drawn.indexOf(one) !== at)
      .map((one) => `${id}: ${one} is drawn twice`);
    const victims = picture?.nodes.filter(({ kind }) => kind === 'victims') ?? [];
    return [
      ...twice,
      ...victims.flatMap((node) => {
        const edge = picture?.edges.find(({ from }) => from === node.id);
        const object = objects.find((one) => one.id === edge?.to);
        const waited = (diagnosis.objects ?? []).filter(({ address }) =>
          addressesOf(object?.members ?? []).has(address),
        );
        const count = Number(node.lines[0]?.replace(/[^\d]/g, ''));
        const waiting = waited.reduce((sum, one) => sum + one.waiting, 0);
        const strangers = node.members.filter(
          (group) => !waited.some(({ groups }) => groups.includes(group)),
        );
        return [
          ...(count > waiting
            ? [`${id}: ${count} are drawn at ${edge?.to}, which has ${waiting} waiters`]
            : []),
          ...strangers.map((group) => `${id}: ${group} does not wait for ${edge?.to}`),
        ];
      }),
    ];
  });
}
