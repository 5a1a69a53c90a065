/** One line of a GDB backtrace. */
export interface GdbFrame {
  readonly index: number;
  readonly function: string;
}

export interface GdbThread {
  /** Kernel's id of the thread; the main thread's is the pid. */
  readonly lwp: number;
  /** Function of its innermost frame. */
  readonly function: string;
}

/** Parses `bt`: frames of the current thread, innermost first, up to the first other line. */
export function parseBacktrace(text: string): GdbFrame[] {
  const frames: GdbFrame[] = [];
  for (const line of text.split('\n')) {
    const frame = parseFrame(line);
    if (frame !== undefined && frame.index === frames.length) frames.push(frame);
    else if (frames.length > 0 && !/^\s/.test(line)) break;
  }
  return frames;
}

/** Parses `thread apply all bt 1`: where each thread is. */
export function parseThreads(text: string): GdbThread[] {
  const threads: GdbThread[] = [];
  let lwp: number | undefined;
  for (const line of text.split('\n')) {
    const header = /^Thread \d+ \((?:Thread \S+ \()?LWP (\d+)\)?/.exec(line);
    if (header !== null) lwp = Number(header[1]);
    const frame = parseFrame(line);
    if (frame?.index !== 0 || lwp === undefined) continue;
    threads.push({ lwp, function: frame.function });
    lwp = undefined;
  }
  return threads;
}

/**
 * Whether this is the thread that waits for the network: any idle thread may be it (runtime.findRunnable
 * in proc.go), and at most one is.
 */
export function waitsForNetwork(frames: readonly GdbFrame[]): boolean {
  return frames.slice(0, 5).some((frame) => frame.function === 'runtime.netpoll');
}

/** Functions that make the system call by which an idle thread waits for the network. */
export function isPollCall(name: string): boolean {
  return /(^|[./])(epollwait|EpollWait|Syscall6)$/.test(name);
}

function parseFrame(line: string): GdbFrame | undefined {
  // Receivers put parentheses into names, "main.(*T).m (x=1) at f.go:1": the first " (" ends the name.
  const match = /^#(\d+)\s+(?:0x[0-9a-f]+ in )?(.+?) \(/.exec(line);
  return match?.[1] === undefined || match[2] === undefined
    ? undefined
    : { index: Number(match[1]), function: match[2] };
}
