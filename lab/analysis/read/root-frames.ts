import { type DelveClient, fullLoad, smallLoad } from '../../delve/client.js';
import type { CallOptions } from '../../delve/rpc.js';
import type { Variable } from '../../delve/wire.js';
import type { RootGoroutine } from '../model/diagnosis.js';
import { type Bucket, hex } from '../model/snapshot.js';
import { toFrames } from './delve-stacks.js';
import { typeExpression, variableText } from './variable-text.js';

/** What Delve tells about one goroutine that the diagnosis turns on. */
export interface RootFrames {
  readonly goroutine: number;
  readonly stack: RootGoroutine['stack'];
  /** Frame in which `print c` shows the channel that the runtime parked it on. */
  readonly channelFrame: number | undefined;
  /** The value that it is sending, with the expression that prints it. */
  readonly sending: { readonly text: string; readonly check: string } | undefined;
}

const maxDepth = 200;
const maxValueText = 160;

/** Reads the whole stack with arguments and locals, and the value on its way into the channel. */
export async function readRootFrames(
  client: DelveClient,
  bucket: Bucket,
  elemType: string | undefined,
  options: CallOptions,
): Promise<RootFrames> {
  const goroutine = bucket.ids[0] ?? 0;
  const seen = await client.stacktrace({ id: goroutine, depth: maxDepth, load: fullLoad }, options);
  const stack = toFrames(seen).map(({ offset: _, ...frame }, i) => {
    const raw = seen[i];
    const variables = [...(raw?.Arguments ?? []), ...(raw?.Locals ?? [])]
      .filter(isReadable)
      .map((variable) => ({ name: variable.name, value: variableText(variable, maxValueText) }));
    return { ...frame, variables: dropRepeated(variables) };
  });
  const channelFrame = seen.findIndex(
    (frame) =>
      /^runtime\.chan(send|recv)$/.test(frame.function?.name ?? '') &&
      frame.Arguments.some((argument) => argument.name === 'c' && argument.unreadable === ''),
  );
  return {
    goroutine,
    stack,
    channelFrame: channelFrame < 0 ? undefined : channelFrame,
    sending: await sentValue(client, goroutine, bucket, elemType, options),
  };
}

const isReadable = (variable: Variable) =>
  variable.unreadable === '' && variable.name !== '' && !/^[~.]/.test(variable.name);

/** Delve 1.20 lists variables of inlined calls in the caller's frame as well. */
function dropRepeated<T extends { readonly name: string }>(variables: readonly T[]): T[] {
  const names = new Set<string>();
  return variables.filter(({ name }) => !names.has(name) && names.add(name));
}

/** The sudog points at the value while its goroutine waits, also where optimised code keeps no variable of it. */
async function sentValue(
  client: DelveClient,
  goroutine: number,
  bucket: Bucket,
  elemType: string | undefined,
  options: CallOptions,
): Promise<RootFrames['sending']> {
  const sends = bucket.wait.kind === 'channel' && bucket.wait.cases.every((c) => c.direction === 'send');
  if (!sends || bucket.elem === 0 || elemType === undefined) return undefined;
  const expression = `*(*${typeExpression(elemType)})(${hex(bucket.elem)})`;
  const load = { ...smallLoad, MaxVariableRecurse: 2, MaxArrayValues: 8 };
  const value = await client.eval({ goroutineId: goroutine, frame: 0 }, expression, options, load);
  if (value.kind === 'unreadable') return undefined;
  return { text: variableText(value.variable, maxValueText), check: `print ${expression}` };
}
