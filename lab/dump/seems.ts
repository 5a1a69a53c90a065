import { LabError } from '../errors.js';

const take =
  'take a dump: curl -s http://HOST:PORT/debug/pprof/goroutine?debug=2 (docs/dumps.md has all ways)';

interface Kind {
  readonly is: (head: Buffer, text: string) => boolean;
  readonly seems: string;
  readonly hint: string;
}

const startsWith = (hex: string) => (head: Buffer) =>
  head.subarray(0, hex.length / 2).toString('hex') === hex;
const packed = (name: string, magic: string, command: string): Kind => ({
  is: startsWith(magic),
  seems: `is packed with ${name}`,
  hint: `unpack it: ${command} FILE | npx lab analyze --dump -`,
});

/** What people take for a dump of goroutines. The first that fits is told. */
const kinds: readonly Kind[] = [
  { is: (head) => head.length === 0, seems: 'is empty', hint: take },
  {
    is: (head) => startsWith('7f454c46')(head) && head[16] === 4,
    seems: 'is a core file',
    hint: 'name it as such: npx lab analyze --exe FILE --core FILE',
  },
  { is: startsWith('7f454c46'), seems: 'is an executable', hint: take },
  packed('zstd', '28b52ffd', 'zstd -dc'),
  packed('xz', 'fd377a585a00', 'xz -dc'),
  packed('lz4', '04224d18', 'lz4 -dc'),
  packed('bzip2', '425a68', 'bzip2 -dc'),
  packed('zip', '504b0304', 'unzip -p'),
  {
    is: (head) =>
      head.subarray(0, 4096).includes(0) && (startsWith('fffe')(head) || startsWith('feff')(head)),
    seems: 'is text in UTF-16, as PowerShell writes it',
    hint: 'write it as UTF-8: iconv -f UTF-16 -t UTF-8 FILE | npx lab analyze --dump -',
  },
  {
    is: (_, text) => /^\s*(<\?xml[^>]*>\s*)?<(!doctype html|html|head)\b/i.test(text),
    seems: 'is an HTML page',
    hint: 'name the page with the goroutines: http://HOST:PORT/debug/pprof/goroutine?debug=2',
  },
  {
    is: (_, text) => /Full thread dump|^"[^"]*" .*\bprio=\d+|^\s+at [\w.$]+\([\w.]+\.java:\d+\)/m.test(text),
    seems: 'is a thread dump of a Java program',
    hint: take,
  },
  {
    is: (_, text) =>
      /^Traceback \(most recent call last\):|^Thread 0x[0-9a-f]+.*\(most recent call first\):/m.test(text),
    seems: 'is a traceback of a Python program',
    hint: take,
  },
  {
    is: (_, text) => /^Thread \d+ \((Thread 0x|LWP)|^#0 +0x[0-9a-f]+ in /m.test(text),
    seems: 'is a backtrace of gdb, which shows threads',
    hint: take,
  },
  {
    is: (_, text) => /^\s*Goroutine \d+ - User: |^\* Goroutine \d+ - /m.test(text),
    seems: "is a list of Delve's",
    hint: 'take a core of the process and analyse that: npx lab analyze --exe FILE --core FILE',
  },
  {
    is: (_, text) =>
      /^(heap|allocs|mutex|block|threadcreate|contention) profile: |^--- (mutex|contention|block):$/m.test(
        text,
      ),
    seems: 'is a profile of something else than goroutines',
    hint: 'name the page with the goroutines: http://HOST:PORT/debug/pprof/goroutine?debug=2',
  },
  {
    is: (_, text) => /^WARNING: DATA RACE$/m.test(text),
    seems: 'is a report of the race detector, which shows two goroutines of all',
    hint: take,
  },
  { is: isBinary, seems: 'is binary data of a kind that is not known', hint: take },
  {
    is: (_, text) => /^(panic: |fatal error: )/m.test(text),
    seems: 'tells of a panic, without the goroutines below it',
    hint: 'run the program with GOTRACEBACK=all, and pass all that it prints to stderr',
  },
];

function isBinary(head: Buffer): boolean {
  const odd = head.filter((byte) => byte < 9 || (byte > 13 && byte < 32 && byte !== 27)).length;
  return odd > head.length / 50;
}

/** The first bytes of an input by which it is told what it seems to be. */
export const headSize = 65_536;

/** The error of an input without a dump: what it seems to be, by its first bytes, and what to do. */
export function noDump(head: Buffer): LabError {
  const text = head.toString('latin1');
  const kind = kinds.find(({ is }) => is(head, text));
  return new LabError(
    kind === undefined
      ? 'there is no goroutine dump in this text: no line begins with `goroutine N [...]:`'
      : `this is no goroutine dump: it ${kind.seems}`,
    { code: 'usage', hint: kind?.hint ?? take },
  );
}
