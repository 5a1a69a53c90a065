import type { BulkMemory } from '../core/memory.js';
import { type EvaluateGlobal, structIfAny } from './fields.js';
import type { HeapSpans } from './heap/spans.js';

/** Where `os/exec` keeps a command's process and its pipes in this binary, and `os` what a file is. */
export interface CommandLayout {
  /** Bytes of a `exec.Cmd`, at least. */
  readonly least: number;
  readonly process: number;
  /** Of `os.Process`: its number. */
  readonly pid: number;
  readonly processState: number;
  /** The parent's ends of its pipes, closers: `parentIOPipes`, up to Go 1.19 `closeAfterWait`. */
  readonly pipes: number;
  /** Of `os.file`: its name, and the poller's descriptor. */
  readonly file: { readonly name: number; readonly poll: number };
  /** Of `runtime.pollDesc`: the goroutines that wait to read and to write. */
  readonly poll: { readonly reader: number; readonly writer: number };
}

/** `undefined` when the program runs no commands, or they are laid out in an unknown way. */
export async function readCommandLayout(
  evaluate: EvaluateGlobal,
  /** Any mapped address: only the distances between fields count. */
  at: number,
  signal: AbortSignal,
): Promise<CommandLayout | undefined> {
  const offsets = (type: string) => structIfAny(type, at, evaluate, signal);
  const [command, running, file, poll] = await Promise.all([
    offsets('os/exec.Cmd'),
    offsets('os.Process'),
    offsets('os.file'),
    offsets('runtime.pollDesc'),
  ]);
  const process = command.get('Process');
  const pid = running.get('Pid');
  const processState = command.get('ProcessState');
  const pipes = command.get('parentIOPipes') ?? command.get('closeAfterWait');
  const name = file.get('name');
  const descriptor = file.get('pfd.pd.runtimeCtx');
  const reader = poll.get('rg');
  const writer = poll.get('wg');
  if (process === undefined || processState === undefined || pid === undefined) return undefined;
  if (pipes === undefined) return undefined;
  if (name === undefined || descriptor === undefined || reader === undefined || writer === undefined)
    return undefined;
  return {
    ...{ least: Math.max(...command.values()) + 8, process, pid, processState, pipes },
    ...{ file: { name, poll: descriptor }, poll: { reader, writer } },
  };
}

/** The parent's end of a pipe to or from a command. */
export interface CommandPipe {
  /** Of the `os.File`, or what wraps it: whoever uses the pipe has it. */
  readonly address: number;
  /** `read`: what the command prints comes here; `write`: what it reads goes here. */
  readonly end: 'read' | 'write';
  /** Address of the `g` that waits in the poller for it; 0 when nobody does. */
  readonly usedBy: number;
}

/** A command that has been started and not waited for to its end. */
export interface RunningCommand {
  readonly address: number;
  /** Number of its process. */
  readonly pid: number;
  readonly pipes: readonly CommandPipe[];
}

const mostPipes = 16;
/** Names that `os.Pipe` gives to its ends. */
const ends: Readonly<Record<string, CommandPipe['end']>> = { '|0': 'read', '|1': 'write' };

/** The command that lies at the beginning of an object of the heap; `undefined` when it is none, or has no pipes. */
export function commandAt(
  memory: BulkMemory,
  spans: HeapSpans,
  layout: CommandLayout,
  address: number,
): RunningCommand | undefined {
  const word = (at: number) => memory.u64(at) ?? 0;
  const inHeap = (at: number) => spans.objectAt(at) >= 0;
  if (!inHeap(word(address + layout.process)) || word(address + layout.processState) !== 0) return undefined;
  const list = word(address + layout.pipes);
  const length = word(address + layout.pipes + 8);
  if (length < 1 || length > mostPipes || word(address + layout.pipes + 16) < length || !inHeap(list))
    return undefined;
  const pipes: CommandPipe[] = [];
  for (let i = 0; i < length; i++) {
    const closer = word(list + i * 16 + 8);
    // A `File` is a pointer to a `file`; a wrapper begins with a pointer to a `File`.
    const direct = pipeOf(memory, layout, word(closer));
    const pipe = direct ?? pipeOf(memory, layout, word(word(closer)));
    if (!inHeap(closer) || pipe === undefined) return undefined;
    pipes.push({ address: closer, ...pipe });
  }
  return { address, pid: word(word(address + layout.process) + layout.pid), pipes };
}

function pipeOf(
  memory: BulkMemory,
  { file, poll }: CommandLayout,
  address: number,
): Pick<CommandPipe, 'end' | 'usedBy'> | undefined {
  const length = memory.u64(address + file.name + 8);
  const bytes = length === 2 ? memory.bytes(memory.u64(address + file.name) ?? 0, length) : undefined;
  const end = bytes === undefined ? undefined : ends[bytes.toString('latin1')];
  if (end === undefined) return undefined;
  const descriptor = memory.u64(address + file.poll) ?? 0;
  const g = memory.u64(descriptor + (end === 'read' ? poll.reader : poll.writer)) ?? 0;
  // Small numbers are states of the poller: ready, or about to wait.
  return { end, usedBy: g < 4096 ? 0 : g };
}
