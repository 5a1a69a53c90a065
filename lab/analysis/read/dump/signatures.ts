import type { Dump, DumpFrame, DumpMember, DumpStack } from '../../../dump/model.js';
import type { Location } from '../../model/diagnosis.js';
import type { Frame } from '../../model/frames.js';
import type { Roster } from '../../model/roster.js';
import { isPrivateRuntime, isSystem, maxBucketIds, type Signature, userFrame } from '../../model/snapshot.js';

/** Goroutines of one stack, with what the dump printed of each of them. */
export interface DumpGroup {
  readonly signature: Signature;
  readonly members: readonly DumpMember[];
}

/** What a dump tells of its goroutines, largest groups first. `localFile` says where a recorded file lies here. */
export function groupsOfDump(
  dump: Dump,
  localFile: (name: string, file: string) => string,
): readonly DumpGroup[] {
  const isHopeless = isOver(dump);
  let next = 1;
  return [...dump.stacks]
    .sort((a, b) => b.count - a.count)
    .map((stack, i) => {
      const members = stack.members.length > 0 ? stack.members : numberedMembers(stack.count, next);
      if (stack.members.length === 0) next += stack.count;
      const signature = signatureOf(`S${i + 1}`, stack, members, { form: dump.form, isHopeless }, localFile);
      return { signature, members };
    });
}

/** A form without numbers has its goroutines numbered here, in its own order. */
const numberedMembers = (count: number, from: number): readonly DumpMember[] =>
  Array.from({ length: Math.min(count, maxBucketIds) }, (_, i) => ({ id: from + i, words: [] }));

/** Which goroutines each group has, as far as they were kept. */
export function rosterOfDump(groups: readonly DumpGroup[]): Roster {
  return groups.map(({ signature, members }) => {
    const sorted = [...members].sort((a, b) => a.id - b.id);
    const [minutes, creators] = [
      sorted.some((one) => one.minutes !== undefined),
      sorted.some((one) => one.createdIn !== undefined),
    ];
    return {
      ...{ group: signature.id, ids: Float64Array.from(sorted, ({ id }) => id), locked: [] },
      ...(minutes ? { waited: Float64Array.from(sorted, (one) => (one.minutes ?? 0) * 60) } : {}),
      ...(creators ? { creators: Float64Array.from(sorted, (one) => one.createdIn ?? 0) } : {}),
    };
  });
}

/** The runtime ends a program in which nobody can go on. */
export const isOver = ({ fatal }: Dump): boolean => fatal?.startsWith('all goroutines are asleep') === true;

function signatureOf(
  id: string,
  stack: DumpStack,
  members: readonly DumpMember[],
  { form, isHopeless }: { readonly form: Dump['form']; readonly isHopeless: boolean },
  localFile: (name: string, file: string) => string,
): Signature {
  const located = ({
    function: name,
    file,
    line,
  }: Pick<DumpFrame, 'function' | 'file' | 'line'>): Location => ({
    function: name,
    file: localFile(name, file),
    line,
  });
  const frames = stack.frames.map(
    (frame, index): Frame => ({ ...located(frame), index, inlined: frame.inlined }),
  );
  const current = frames[0] ?? nowhere;
  const start = frames.at(-1) ?? nowhere;
  const pick = ({ function: name, file, line }: Location): Location => ({ function: name, file, line });
  const system = isSystem(startName(stack), frames);
  // A form without reasons does not tell who runs: where it stands tells who waits.
  const waits = stack.status === 'waiting' || (form !== 'traceback' && stack.status === 'other');
  const lost = stack.leaked || (isHopeless && waits && !system);
  return {
    ...{ id, count: stack.count, waitReason: stack.waitReason, system, frames },
    status: waits ? 'waiting' : stack.status,
    ...(lost ? { leaked: true as const } : {}),
    exampleIds: members.slice(0, maxBucketIds).map((one) => one.id),
    ...(stack.lack === undefined ? {} : { partial: true }),
    currentLocation: pick(current),
    userLocation: pick(userFrame(frames) ?? current),
    startLocation: pick(start),
    goStatementLocation: stack.createdBy === undefined ? nowhere : located(stack.createdBy),
  };
}

/** The function that a goroutine began in: the outermost one; where frames are missing it may be any of the program's. */
const startName = ({ frames, lack }: DumpStack): string =>
  (lack === undefined
    ? frames.at(-1)?.function
    : frames.find(({ function: n }) => !isPrivateRuntime(n))?.function) ?? 'unknown';

const nowhere: Location = { function: '', file: '', line: 0 };
