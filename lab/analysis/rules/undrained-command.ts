import type { Frame } from '../model/frames.js';
import type { WaitingCommand } from '../model/pipes.js';
import type { Bucket } from '../model/snapshot.js';
import { agree, type Claim, goroutinesOf, type Rule, type RuleInput } from './rule.js';
import { placeOf } from './sync-knot.js';

const name = 'undrained-command';

/**
 * A goroutine waits for a command, and has an end of one of its pipes that it does not come to and nobody else can use:
 * a command that prints more than the pipe holds, or reads to the end of its input, never ends. What the command does is
 * not known, so that it is suspected at most.
 */
export const undrainedCommand: Rule = {
  name,
  apply: (input) => byPlace(input).map(({ bucket, commands }) => claimOf(bucket, commands, input)),
};

interface AtCommands {
  readonly bucket: Bucket;
  readonly commands: readonly WaitingCommand[];
}

/** Goroutines of one stack are one story. */
function byPlace({ snapshot, graph }: RuleInput): readonly AtCommands[] {
  const all = snapshot.waitingCommands ?? [];
  return graph.buckets.flatMap((bucket) => {
    const commands = all.filter((one) => one.bucket === bucket.key);
    if (commands.length === 0) return [];
    const ids = commands.map(({ goroutine }) => goroutine);
    // Others with the same stack may wait for commands that end.
    const every = bucket.ids.every((id) => ids.includes(id));
    return [{ bucket: every ? bucket : { ...bucket, ids, count: ids.length }, commands }];
  });
}

const doingText: Readonly<Record<WaitingCommand['doing'], readonly [string, string]>> = {
  wait: ['waits for the end of a command', 'wait for the end of commands'],
  read: ['reads what a command prints', 'read what commands print'],
  write: ['writes what a command reads', 'write what commands read'],
};

const unusedText = {
  read: 'an output pipe (StdoutPipe or StderrPipe) that nobody reads',
  write: 'its input pipe (StdinPipe), which nobody closes',
} as const;

const whyText = {
  read: 'A command that prints more than such a pipe holds, 64 KiB as a rule, blocks in its write and does not end.',
  write: 'A command that reads to the end of its input does not end before the pipe is closed.',
} as const;

const suggestions: Readonly<Record<WaitingCommand['doing'], string>> = {
  wait: 'Read each output pipe to its end, and close the input pipe, before Wait; or set Stdin, Stdout and Stderr of the command, or use Output or CombinedOutput, which copy by themselves.',
  read: 'Read the output pipes at the same time, each in a goroutine of its own; or set Stderr of the command to a buffer.',
  write:
    'Write in a goroutine of its own while the output is read; or set Stdin of the command to a reader and use Output.',
};

const servedSuggestion =
  'Let what serves the pipe go on until the command has ended: where its output is copied to an io.Pipe or a channel, read that to its end on every way out, or close it with an error.';

/** Who would come to the pipes, and is blocked. */
function blockedText(commands: readonly WaitingCommand[], buckets: readonly Bucket[]): string | undefined {
  const [first] = commands.flatMap(({ blockedAt }) => blockedAt);
  const bucket = buckets.find(({ key }) => key === first?.bucket);
  if (first === undefined || bucket === undefined) return undefined;
  const { function: at, file, line } = placeOf(bucket);
  return `goroutine ${first.goroutine}, which has a pipe of ${commands.length === 1 ? 'it' : 'one of them'} at hand, is blocked itself in ${at} (${file}:${line})`;
}

function claimOf(
  bucket: Bucket,
  commands: readonly WaitingCommand[],
  { isLibrary, graph }: RuleInput,
): Claim {
  const [first] = commands;
  const doing = first?.doing ?? 'wait';
  const ends = [...new Set(commands.flatMap(({ unused }) => unused))];
  const at = ownFrame(bucket, isLibrary);
  const [one, many] = doingText[doing];
  const stuck = blockedText(commands, graph.buckets);
  const who = `${goroutinesOf([bucket])} ${agree([bucket], one, many)} in ${at.function} (${at.file}:${at.line})`;
  return {
    rule: name,
    class: 'communication',
    subtype: 'channel',
    certainty: 'suspected',
    knot: { buckets: [bucket], objects: [], victims: [], starved: [] },
    summary:
      stuck === undefined
        ? `${who} and has ${ends.map((end) => unusedText[end]).join(' and ')}.`
        : `${who}, and ${stuck}.`,
    explanation: `${ends.map((end) => whyText[end]).join(' ')} ${stuck === undefined ? `Nothing alive but ${agree([bucket], 'this goroutine leads', 'these goroutines lead')} to the pipe.` : 'Nothing else alive leads to the pipe.'} Whether the command is blocked, only a look at its process tells: /proc/${first?.pid}/wchan says pipe_write or pipe_read.`,
    suggestion: stuck === undefined ? suggestions[doing] : servedSuggestion,
    roles: new Map([
      [
        bucket.key,
        `${one}, of which a pipe is ${stuck === undefined ? (ends.includes('read') ? 'not drained' : 'not closed') : 'not served'}`,
      ],
    ]),
  };
}

function ownFrame(
  { signature }: Bucket,
  isLibrary: RuleInput['isLibrary'],
): Frame | Bucket['signature']['userLocation'] {
  const own = signature.frames.find(({ file, function: fn }) => !/^runtime\./.test(fn) && !isLibrary(file));
  return own ?? signature.userLocation;
}
