import type { Diagnosis, Group } from '../analysis/diagnosis.js';
import { isPrivateRuntime, isSystem } from '../analysis/snapshot.js';
import type { Palette } from './diagnosis-text.js';
import { shorten, textWidth, wrap } from './wrap.js';

const maxObjects = 20;
const maxGroups = 12;
const maxFrames = 8;

/** What goroutines wait for and where they stand: all there is to go by where a program is stripped. */
export function waitsText({ objects, groups, stats }: Diagnosis, p: Palette): string[][] {
  // Where Delve had a word in it, the locations of all goroutines say enough for a terminal.
  if (objects === undefined || stats.crossChecked > 0) return [];
  return [objectsText(objects, p), stacksText(groups, p)];
}

function objectsText(objects: NonNullable<Diagnosis['objects']>, p: Palette): string[] {
  if (objects.length === 0) return [];
  const out = [p.bold('What goroutines wait for')];
  for (const { id, kind, name, elemType, address, state, groups } of objects.slice(0, maxObjects)) {
    const type = elemType === undefined ? '' : ` of ${elemType}`;
    const what =
      kind === 'channel' ? `${name.startsWith('channel ') ? kind : name}${type} at ${address}: ` : '';
    const by = groups.length > 5 ? `${groups.slice(0, 5).join(', ')} ...` : groups.join(', ');
    out.push(...wrap(`${id} ${what}${state} (${by})`, { first: '  ', indent: '      ' }));
  }
  if (objects.length > maxObjects) out.push(`      ... ${objects.length - maxObjects} more`);
  return out;
}

function stacksText(groups: readonly Group[], p: Palette): string[] {
  const own = groups.filter(({ startLocation, stack }) => !isSystem(startLocation.function, stack));
  if (own.length === 0) return [];
  const out = [p.bold('Stacks of the program')];
  for (const { id, count, waitReason, exampleIds, stack } of own.slice(0, maxGroups)) {
    const shown = exampleIds.slice(0, 4).join(', ');
    const reason = waitReason === '' ? '' : ` "${waitReason}"`;
    out.push(`  ${id}  ${count} x${reason}  goroutine ${shown}${count > 4 ? ' ...' : ''}`);
    const first = stack.findIndex((frame) => !isPrivateRuntime(frame.function));
    const frames = stack.slice(Math.max(first, 0)).filter((frame) => frame.function !== 'runtime.goexit');
    for (const { function: name, file, line, inlined } of frames.slice(0, maxFrames)) {
      out.push(shorten(`      ${name}${inlined ? ' (inlined)' : ''}`, textWidth));
      out.push(p.dim(`          ${shorten(`${file}:${line}`, textWidth - 10)}`));
    }
    if (frames.length > maxFrames) out.push(`      ... ${frames.length - maxFrames} more frames`);
  }
  if (own.length > maxGroups) out.push(`  ... ${own.length - maxGroups} more distinct stacks`);
  return out;
}
