import { useEffect, useMemo, useState } from 'preact/hooks';
import type { GroupOutlook, ObjectRow } from '../../../report/page-data.js';
import { Commands, Prose, Source } from '../parts.js';
import { Stack } from '../stack.js';
import { counted, number, ownFrame, shortName, waitText } from '../words.js';
import { MemberRows } from './member-list.js';
import type { GroupMembers, Members } from './members.js';
import { type Found, type Model, type Row, stackOf } from './model.js';

/** Groups that are listed of a line that stands for many. */
const mostGroups = 12;
const noExamples: readonly number[] = [];

/** What a line of the tree stands for: one group with its goroutines, or the largest of several. */
export function Details({
  model,
  row,
  chosen,
  objects,
  outlooks,
  members,
  found,
}: {
  readonly model: Model;
  readonly row: Row;
  readonly chosen: Float64Array;
  readonly objects: readonly ObjectRow[];
  readonly outlooks: readonly GroupOutlook[];
  readonly members: Members | undefined;
  readonly found: Found | undefined;
}) {
  const [picked, setPicked] = useState<number>();
  useEffect(() => setPicked(undefined), [row.key]);
  const group = row.group ?? picked;
  return (
    <div class="details" role="region" aria-label="Chosen goroutines" tabIndex={0}>
      {row.group === undefined && group !== undefined && (
        <button type="button" class="copy" onClick={() => setPicked(undefined)}>
          Back to all
        </button>
      )}
      {group === undefined ? (
        <Several model={model} row={row} chosen={chosen} onPick={setPicked} />
      ) : (
        <Group
          key={group}
          model={model}
          group={group}
          objects={objects}
          outlooks={outlooks}
          members={members}
          wanted={found?.group === group ? found.id : undefined}
        />
      )}
    </div>
  );
}

function Group({
  model,
  group,
  objects,
  outlooks,
  members,
  wanted,
}: {
  readonly model: Model;
  readonly group: number;
  readonly objects: readonly ObjectRow[];
  readonly outlooks: readonly GroupOutlook[];
  readonly members: Members | undefined;
  readonly wanted: number | undefined;
}) {
  const { groups, texts } = model.table;
  const id = groups.id[group] ?? '';
  const count = groups.count[group] ?? 0;
  const known = groups.examples[group] ?? noExamples;
  const created = model.frame(groups.created[group] ?? -1);
  const waited = objects.filter((one) => one.groups.includes(id));
  const why = outlooks.find((one) => one.group === id);
  const frames = stackOf(model, group);
  const labels = texts[groups.labels?.[group] ?? -1];
  const listed = useMemo(() => withExamples(members?.of(group), known), [members, group, known]);
  const user = ownFrame(frames) ?? model.frame(groups.user[group] ?? -1);
  const place = `${user.file}:${user.line}`;
  const reason = texts[groups.waitReason[group] ?? -1] ?? '';
  return (
    <>
      <h3>
        {id}: {counted(count, 'goroutine')}
      </h3>
      <p>
        {reason === ''
          ? 'Not parked: running, ready to run or in a system call,'
          : `Parked with ${waitText(reason)}`}{' '}
        in <code>{shortName(user.function)}</code>
        {waited.length > 0 && (
          <>
            , waiting for{' '}
            {waited.map((one, i) => (
              <span key={one.id}>
                {i > 0 && ', '}
                <code>{shortName(one.name)}</code>
              </span>
            ))}
          </>
        )}
        .
      </p>
      {labels !== undefined && <Labels lines={labels.split('\n')} />}
      {why !== undefined && <Outlook why={why} />}
      {listed !== undefined && listed.ids.length > 0 && (
        <MemberRows group={id} members={listed} count={count} wanted={wanted} />
      )}
      {listed === undefined && known.length > 0 && (
        <div>
          <p class="dim">
            {known.length < count ? `${number(known.length)} of them` : 'Its goroutines'}: {known.join(', ')}
          </p>
          <Commands
            lines={[`goroutine ${known[0]}`, 'stack']}
            prompt="(dlv)"
            what={`the commands that show a goroutine of ${id}`}
          />
        </div>
      )}
      {frames.every((frame) => `${frame.file}:${frame.line}` !== place) && <Source place={place} />}
      <Stack frames={frames} blocked={user} created={created} />
    </>
  );
}

/** What its goroutines work for, as the program itself has labelled them. */
function Labels({ lines }: { readonly lines: readonly string[] }) {
  return (
    <>
      <p class="dim">Labels of runtime/pprof:</p>
      <ul class="labels">
        {lines.map((line) => (
          <li key={line}>
            <code>{line}</code>
          </li>
        ))}
      </ul>
    </>
  );
}

/** Why the group is as the verdict takes it: who could end its wait, and why each of them counts or does not. */
function Outlook({ why }: { readonly why: GroupOutlook }) {
  const { outlook, outlookReason, releasers } = why;
  return (
    <>
      {outlook !== undefined && (
        <p>
          Outlook: <b>{outlook}</b>
          {outlookReason !== undefined && `, ${outlookReason}`}
        </p>
      )}
      {releasers.length > 0 && (
        <ul>
          {releasers.map((one, i) => (
            <li key={i}>
              <span class="tag">{one.counts.replace('-', ' ')}</span>{' '}
              <Prose text={`${one.who}: ${one.why}`} />
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

/** Where the page lists nobody of a group, its examples stand. */
function withExamples(
  members: GroupMembers | undefined,
  examples: readonly number[],
): GroupMembers | undefined {
  if (members === undefined || members.ids.length > 0) return members;
  return { ids: Float64Array.from(examples), locked: new Set() };
}

function Several({
  model,
  row,
  chosen,
  onPick,
}: {
  readonly model: Model;
  readonly row: Row;
  readonly chosen: Float64Array;
  readonly onPick: (group: number) => void;
}) {
  const { groups, texts } = model.table;
  const last = row.nodes.at(-1) ?? -1;
  const inside = useMemo(
    () => groupsBelow(model, last, chosen).sort((a, b) => (chosen[b] ?? 0) - (chosen[a] ?? 0)),
    [model, last, chosen],
  );
  return (
    <>
      <h3>
        {counted(row.count, 'goroutine')} in {counted(inside.length, 'group')}
      </h3>
      <ol class="calls">
        {row.nodes.map((node) => (
          <li key={node}>
            <code>{model.frameOfNode(node).function}</code>
          </li>
        ))}
      </ol>
      <ul class="inside">
        {inside.slice(0, mostGroups).map((group) => (
          <li key={group}>
            <button type="button" class="link" onClick={() => onPick(group)}>
              {groups.id[group]}
            </button>{' '}
            <b>{number(chosen[group] ?? 0)}</b> × {waitText(texts[groups.waitReason[group] ?? -1])} in{' '}
            <code>{ownName(model, group)}</code>
          </li>
        ))}
      </ul>
      {inside.length > mostGroups && <p class="dim">and {number(inside.length - mostGroups)} more groups</p>}
    </>
  );
}

function groupsBelow(model: Model, node: number, chosen: Float64Array): number[] {
  const found: number[] = [];
  const waiting = [node];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const group of model.endsAt[next] ?? []) if ((chosen[group] ?? 0) > 0) found.push(group);
    for (const child of model.children[next] ?? []) waiting.push(child);
  }
  return found;
}

/** The first frame outside of the standard library, else where the runtime says that it waits. */
function ownName(model: Model, group: number): string {
  const own = ownFrame(stackOf(model, group)) ?? model.frame(model.table.groups.user[group] ?? -1);
  return shortName(own.function);
}
