import type { Outlook } from '../model/outlook.js';
import { pipeEndOf } from '../model/pipe-ends.js';
import type { Bucket, Snapshot } from '../model/snapshot.js';
import type { RuleInput } from '../rules/rule.js';

/** A writer's wait in a pipe of memory ends where a goroutine that goes on has the other end at hand. */
export function otherEndOf(
  bucket: Bucket,
  { snapshot }: Pick<RuleInput, 'snapshot'>,
  goesOn: (bucket: string) => boolean,
): Outlook | undefined {
  const peers = peersOf(bucket, snapshot);
  if (peers === undefined) return undefined;
  if (peers.unknown) return { kind: 'ends', why: 'a goroutine that was not looked at closer has the pipe' };
  const one = peers.near.find((holder) => goesOn(holder.bucket));
  if (one === undefined) return undefined;
  const { goroutine, frame } = one;
  return {
    kind: 'ends',
    why: `goroutine ${goroutine} has the pipe, in ${frame.function} (${frame.file}:${frame.line})`,
  };
}

/** Why nothing is known to end it; `undefined` for who waits for something else than a pipe. */
export function nobodyAtOtherEnd(bucket: Bucket, snapshot: Snapshot): string | undefined {
  const peers = peersOf(bucket, snapshot);
  if (peers === undefined) return undefined;
  const [first] = peers.near;
  return first === undefined
    ? 'no stack leads to the other end of its pipe, and nobody has closed it'
    : `goroutine ${first.goroutine} alone has the other end of its pipe, and nothing was seen that lets it go on`;
}

function peersOf(bucket: Bucket, { pipePeers }: Snapshot) {
  if (bucket.wait.kind !== 'channel' || pipeEndOf(bucket)?.end !== 'write') return undefined;
  const [sent] = bucket.wait.cases.filter(({ direction }) => direction === 'send');
  return sent === undefined ? undefined : pipePeers?.get(sent.channel);
}
