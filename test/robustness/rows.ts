import { damage, sources, wrapped } from './input-rows.js';
import type { Row, Rows } from './row.js';

const output = {
  'stdout-full': {
    input: 'Standard output goes to a full disk',
    happens: 'One message; the work goes on to its end, and no exit code passes for an answer.',
    exit: 69,
    says: /^error: the output cannot be written to stdout: the disk is full \(ENOSPC\) do: free some space/,
  },
  'stdout-closed': {
    input: 'The reader of a pipe leaves early (`| head`)',
    happens: 'Nothing is said; the exit code is that of the command.',
    exit: 64,
    says: /^$/,
  },
} satisfies Rows;

const written = {
  'html-is-input': {
    input: '`--html` or `--members` names the core or the executable, also by a link',
    happens: 'Refused before any work; nothing is written.',
    exit: 64,
    says: /would overwrite the (?:core|executable): .* do: choose another file/,
  },
  'html-is-members': {
    input: '`--html` and `--members` name one file, by whatever paths',
    happens: 'Refused before any work; nothing is written.',
    exit: 64,
    says: /^error: the list of goroutines would overwrite the report: /,
  },
  'stdout-is-input': {
    input: 'Standard output is appended to the core, the executable or the report',
    happens: 'Refused before any work; not even the error is printed there.',
    exit: 64,
    says: /^error: what is printed would overwrite the core do: send stdout to another file$/,
  },
  'html-is-stdout': {
    input: 'Standard output is sent to the file that `--html` names',
    happens: 'Refused before any work.',
    exit: 64,
    says: /^error: the report would overwrite what is printed: /,
  },
  'html-in-run': {
    input: '`--html` names a file of the run that `--run` names',
    happens: 'Refused before any work, the reports excepted.',
    exit: 64,
    says: /^error: the report would overwrite run\.json of the run: /,
  },
  'junit-is-baseline': {
    input: '`lab regress` is to write its JUnit report over its baseline',
    happens: 'Refused before any work.',
    exit: 64,
    says: /^error: the (?:JUnit report|new baseline) would overwrite the (?:JUnit report|baseline): /,
  },
} satisfies Rows;

const processes = {
  'pid-notation': {
    input: '`--pid` with anything but digits: `0x10`, `1e3`, a blank, a minus, nothing',
    happens: 'Refused. The same holds for every number on the command line.',
    exit: 64,
    says: /^error: --pid takes a process id, not .* do: find it: pgrep -x NAME$/,
  },
  'number-notation': {
    input: '`--port 0x10`, `--size 1e5`, `--stage-timeout ""`',
    happens: 'Refused.',
    exit: 64,
    says: /^error: --[\w-]+ takes a number, not /,
  },
  'pid-none': {
    input: 'A pid that no process has',
    happens: 'Says so; no folder is left.',
    exit: 69,
    says: /^error: there is no process \d+ do: find the pid of a Go process: pgrep -l NAME$/,
  },
  'pid-kernel-thread': {
    input: 'The pid of a thread of the kernel',
    happens: 'Says what it is; no folder is left.',
    exit: 64,
    says: /^error: 2 is kthreadd, a thread of the kernel, not a Go process do: find/,
  },
  'pid-not-go': {
    input: 'The pid of a program that is not Go',
    happens: 'Says so; no folder is left.',
    exit: 64,
    says: /^error: process \d+ runs no Go program do: find/,
  },
  'pid-go-library': {
    input: 'The pid of a C program that has loaded a Go shared library',
    happens: 'Names the library, and gdb for its threads.',
    exit: 64,
    says: /^error: process \d+ is no Go program but has loaded a Go library, \S*libgo\.so; .* do: .* gdb -p \d+/,
  },
  'pid-ended': {
    input: 'The pid of a process that has ended and that its parent has not waited for',
    happens: 'Says so; no folder is left.',
    exit: 69,
    says: /^error: process \d+ \(.*\) has ended and only waits for its parent to notice do: find/,
  },
  'pid-of-another-user': {
    input: 'The pid of another user’s process',
    happens: 'Names the user who may: with sudo, or as that user.',
    exit: 69,
    says: /^error: process \d+ belongs to another user: its memory may not be read do: run the same command with sudo/,
  },
  'pid-beyond-root': {
    input: 'As root, the pid of a process that even root may not read',
    happens: 'Says that more rights than root’s are needed, instead of `sudo`.',
    exit: 69,
    says: /^error: process 1 may not be read, even by root: .* do: run the same command on the host itself/,
  },
} satisfies Rows;

const killed = {
  'server-killed': {
    input: '`kill -9` of the server while its core is taken',
    happens: 'The run is unknown: it says nothing about the program. No half core is left.',
    exit: 2,
    says: /error: the server \(pid \d+\) ended while its core was taken, by no doing of the lab do: begin with another one: npx lab start --run /,
  },
  'lab-killed': {
    input: '`kill -9` of the lab in the middle of a run',
    happens: '`lab runs` says at which stage, and the command that goes on; that command does.',
    exit: 0,
    says: /killed at load.* npx lab load --run /,
  },
  'start-twice': {
    input: '`lab start` of a run whose server runs',
    happens: 'Refused with the command that ends that server, which goes on meanwhile.',
    exit: 64,
    says: /^error: the server of this run is running already: pid \d+ do: end it first: npx lab stop --run /,
  },
  'stage-twice': {
    input: 'The same stage of one run by two labs at once',
    happens: 'The second one is refused.',
    exit: 64,
    says: /error: another lab, process \d+, is at stage load of run \S+ do: wait until it is done: npx lab runs/,
  },
} satisfies Rows;

const machine = {
  'doctor-read-only': {
    input: '`lab doctor` where runs, cache and temporary folder may only be read',
    happens: 'Each of them is missing, with the variable that moves it: it tried to write there.',
    exit: 69,
    says: /MISSING disk no file can be written in .*: Read-only file system.* -> set LAB_RUNS to .*MISSING cache folder .* -> set LAB_CACHE to .*MISSING temporary folder .* -> set TMPDIR to /,
  },
  'run-read-only': {
    input: '`lab run` or `lab regress` where the folder of the runs may only be read',
    happens: 'Says so, with the variable that moves it.',
    exit: 69,
    says: /^error: the folder \S+ cannot be made \(EROFS\) do: set LAB_RUNS to a folder that you may write to$/,
  },
  'tmpdir-missing': {
    input: '`TMPDIR` names a folder that does not exist',
    happens: 'Says so.',
    exit: 64,
    says: /^error: the temporary folder \S+ does not exist do: set TMPDIR to a folder that exists$/,
  },
} satisfies Rows;

const characters = {
  'control-characters-core': {
    input: 'Control characters, right-to-left overrides and tags in what a core says',
    happens:
      'Shown as `\\x1b`, everywhere: terminal, pipe, JSON, `report.md`, `transcript.md`, page. The program of the test has no source of that name, so the diagnosis is undecided.',
    exit: 2,
    says: /\\x1b\]0;owned\\x07/,
  },
  'control-characters-argument': {
    input: 'The same in an argument or a stored run',
    happens: 'Shown as `\\x1b`.',
    exit: 64,
    says: /^error: the executable \S*\\x1b\]0;owned\\x07.* does not exist do: check the path$/,
  },
} satisfies Rows;

const others = {
  'kit-time': {
    input: 'A kit whose manifest gives a file a time of 1e300, or another misshapen value',
    happens: 'Refused, and nothing of it is written.',
    exit: 64,
    says: /^error: \S+ is no kit that can be trusted: its kit\.json is misshapen: files\[0\]\.mtimeMs is not as it must be do: get the file again/,
  },
  'lessons-of-others': {
    input: '`--lessons` names a folder of folders that are no lessons',
    happens: 'They are passed over; when none is left, that is said.',
    exit: 64,
    says: /^error: there are no lessons in \S+ do: name the folder of a lesson/,
  },
  'little-memory': {
    input: '`--html` where the process may use too little memory to lay out a graph',
    happens: 'The diagnosis is printed; of the page it is said what it lacks.',
    exit: 69,
    says: /error: there is too little memory for this: .* do: end other programs, or raise the limit: ulimit -v unlimited/,
  },
} satisfies Rows;

/** The chapters of the table. */
export const chapters = {
  'Damaged executables and cores': damage,
  'Wrapped cores': wrapped,
  'Standard output': output,
  'Files to write': written,
  'Processes and numbers': processes,
  'Runs that broke off': killed,
  'The machine': machine,
  'Characters that act': characters,
  'Kits, lessons, memory': others,
  Sources: sources,
} satisfies Readonly<Record<string, Rows>>;

type Chapters = typeof chapters;
export type RowId = { [C in keyof Chapters]: keyof Chapters[C] & string }[keyof Chapters];

export function rowOf(id: RowId): Row {
  for (const rows of Object.values<Rows>(chapters)) {
    const row = rows[id];
    if (row !== undefined) return row;
  }
  throw new RangeError(id);
}
