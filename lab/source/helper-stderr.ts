const keptBytes = 16 * 1024;
const maxLine = 2_000;

/** What Go's runtime says first when a program breaks; the stacks come after it. */
const broke = /^(?:fatal error: |panic: |runtime: (?:out of memory|cannot allocate memory|program exceeds))/;

/** Follows what a Go program writes to stderr in bounded space: what it broke with, and the end of it. */
export function stderrWatch(): {
  add(chunk: Buffer): void;
  /** In short why it broke, else its last line; both empty when it said nothing. */
  end(): { readonly why: string; readonly tail: string };
} {
  let tail = '';
  let line = '';
  let why: string | undefined;
  const look = (): void => {
    if (broke.test(line)) why = why === undefined || isWorse(line) ? line : why;
    line = '';
  };
  const decoder = new TextDecoder();
  const take = (text: string): void => {
    tail = (tail + text).slice(-keptBytes);
    const [first = '', ...rest] = text.split('\n');
    line = (line + first).slice(0, maxLine);
    for (const next of rest) {
      look();
      line = next.slice(0, maxLine);
    }
  };
  return {
    add: (chunk) => take(decoder.decode(chunk, { stream: true })),
    end() {
      look();
      const last = tail.trim().split('\n').at(-1)?.trim() ?? '';
      return { why: (why ?? last).slice(0, 300), tail };
    },
  };
}

/** `runtime: out of memory: cannot allocate ...` stands above the error that it leads to. */
function isWorse(line: string): boolean {
  return /^fatal error: /.test(line) && /memory/.test(line);
}
