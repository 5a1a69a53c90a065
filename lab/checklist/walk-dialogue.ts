import { interrupted, messageOf } from '../errors.js';
import { recordOf } from '../store/command-record.js';
import { notObserved, type Observation, seen } from './observation.js';
import { noFinding, patienceFor, plainEnv, type WalkContext } from './walk-context.js';
import { dialogue, parseDelveStack, type WalkFrame } from './walk-parse.js';
import type { Walk } from './walk-record.js';

const dialogueMs = 30_000;
const depth = 50;

/**
 * Types the end of the article's walk into a Delve: switch to the goroutine, print its whole stack, then the
 * value that it sends and what the diagnosis says proves it. Typed rather than given as a script, because
 * Delve then prints a prompt before each answer.
 */
export async function talkToDelve(context: WalkContext): Promise<Pick<Walk, 'stack' | 'sending'>> {
  const { finding, signal } = context;
  const id = finding?.rootCause.goroutines[0]?.id;
  if (finding === undefined || id === undefined) return { stack: noFinding, sending: noFinding };
  try {
    const stack = await printStack(context, id);
    const sending = stack.kind === 'seen' ? await proveIt(context, id, stack.value.frames) : stack;
    return { stack, sending };
  } catch (error) {
    if (signal.aborted) throw interrupted(error);
    const why = notObserved(messageOf(error));
    return { stack: why, sending: why };
  }
}

async function printStack(context: WalkContext, id: number): Promise<Walk['stack']> {
  const { stdout, stderr, timedOut, answers } = await type(context, 'dlv-stack', [
    'config max-array-values 4', // a full channel is long
    `goroutine ${id}`,
    `stack ${depth} -full`,
  ]);
  const frames = parseDelveStack(answers?.[2] ?? stdout);
  if (frames.length > 0) return seen({ goroutine: id, switched: stdout.includes(`to ${id} `), frames });
  const said = stderr.trim().split('\n').at(-1) ?? '';
  return notObserved(timedOut ? 'dlv did not finish in time' : `dlv printed no stack: ${said}`);
}

/**
 * Optimised frames lose their arguments, but a goroutine that is parked in a send keeps a pointer to the
 * value (`ep` of runtime.chansend, chan.go), and the channel knows its type.
 */
async function proveIt(
  context: WalkContext,
  id: number,
  frames: readonly WalkFrame[],
): Promise<Observation<string>> {
  const { finding } = context;
  const frame = frames.find((one) => one.function === 'runtime.chansend');
  const pointer = frame?.variables.find(({ name }) => name === 'ep')?.value ?? '';
  const address = /0x[0-9a-f]+/.exec(pointer)?.[0];
  const waitsFor = finding?.rootCause.goroutines[0]?.waitsFor ?? [];
  const channel = finding?.rootCause.resources.find((resource) => waitsFor.includes(resource.id));
  const elemType = channel?.elemType;
  const print =
    frame === undefined || address === undefined || elemType === undefined
      ? undefined
      : `frame ${frame.index} print *(*${quoted(elemType)})(${address})`;
  const checks = new Set(finding?.evidence.map(({ check }) => check));
  const lines = [
    'config max-array-values 4',
    ...(print === undefined ? [] : [`goroutine ${id}`, print]),
    ...[...checks].flatMap(checkLines),
  ];
  if (lines.length === 1) return notObserved('the stack shows no value that is being sent');
  const { answers } = await type(context, 'dlv-proof', lines);
  const printed = print === undefined ? '' : (answers?.[2]?.trim() ?? '');
  return printed === '' ? notObserved('Delve could not read the value that is being sent') : seen(printed);
}

async function type(
  { target, dlv, exe, core, dir, signal, records }: WalkContext,
  id: string,
  lines: readonly string[],
) {
  const input = `${[...lines, 'exit'].join('\n')}\n`;
  const argv = [dlv, 'core', exe, core, '--allow-non-terminal-interactive=true'];
  const startedAt = Date.now();
  const timeoutMs = dialogueMs * patienceFor(target);
  const result = await target.exec(argv, { signal, cwd: dir, env: plainEnv, input, timeoutMs });
  records.push(recordOf(result, { id, startedAt, cwd: dir, input }));
  return { ...result, answers: dialogue(input, result.stdout)?.map(({ printed }) => printed) };
}

/** Delve wants the names of types with a path in them in quotes. */
function quoted(type: string): string {
  return type.includes('/') ? JSON.stringify(type) : type;
}

const where = /^(?:goroutine \d+ ?)?(?:frame \d+ ?)?/;
const reads = /^(?:(?:print|p|whatis) .+|(?:stack|bt|locals|args|goroutines)(?: (?!-exec)\S+)*)?$/;

/**
 * The Delve commands of an evidence's check. A stored diagnosis may be a stranger's, so only commands that
 * read are typed: Delve's others can write files and run programs.
 */
export function checkLines(check: string): string[] {
  const lines = check.split(/[;\r\n]/).map((line) => line.trim());
  return lines.filter((line) => line !== '' && reads.test(line.replace(where, '')));
}
