import { LabError } from '../errors.js';

export interface DelveEnd {
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** The last of what it wrote to stdout and stderr. */
  readonly output: string;
}

interface Known {
  readonly pattern: RegExp;
  readonly code: 'usage' | 'missing-tool' | 'undecided';
  readonly message: (match: RegExpExecArray) => string;
  readonly hint: string;
}

/** What Delve 1.20 to 1.27 write when they cannot open a core, and what it means. */
const known: readonly Known[] = [
  {
    pattern: /Go version (\S+) is too old for this version of Delve \(minimum supported version ([\d.]+)/,
    code: 'missing-tool',
    message: ([, go, min]) =>
      `this Delve reads programs of Go ${min} and newer; the program was built with ${go}`,
    hint: 'install a Delve that supports it: `npx lab doctor` names one',
  },
  {
    pattern: /Version of Delve is too old for Go version (\S+) \(maximum supported version ([\d.]+)/,
    code: 'missing-tool',
    message: ([, go, max]) =>
      `this Delve reads programs up to Go ${max}; the program was built with Go ${go}`,
    hint: 'install a newer Delve: `npx lab doctor` names one',
  },
  {
    pattern: /could not open debug info|no debug info found/,
    code: 'undecided',
    message: () => 'the executable has no debug info: Delve cannot read variables or goroutines from it',
    hint: 'build the program without -ldflags="-s -w" and capture a new core',
  },
  {
    pattern: /architecture mismatch between core file/,
    code: 'usage',
    message: () => 'the core and the executable are of different architectures',
    hint: 'pass the executable that the process ran; `/proc/PID/exe` is a copy of it while it lives',
  },
  {
    pattern: /is not a core file|unrecognized core format/,
    code: 'usage',
    message: () => 'the file given as core is not a core file',
    hint: 'check the order: --exe is the program, --core the file that gcore wrote',
  },
  {
    pattern: /is not an executable file|not executable|bad magic number/,
    code: 'usage',
    message: () => 'the file given as executable is not an ELF program',
    hint: 'check the order: --exe is the program, --core the file that gcore wrote',
  },
  {
    pattern: /unsupported machine type|unsupported architecture/,
    code: 'usage',
    message: () => 'Delve does not read cores of this architecture (amd64 and arm64 only)',
    hint: 'analyse a core that was made on linux/amd64 or linux/arm64',
  },
  {
    pattern: /open (.+): (no such file or directory|permission denied)/,
    code: 'usage',
    message: ([, path, why]) => `Delve cannot open ${path}: ${why}`,
    hint: 'check the path and its permissions',
  },
  {
    pattern: /^(unexpected )?EOF$/m,
    code: 'usage',
    message: () => 'the core or the executable ends too early',
    hint: 'copy the file again, and check that the disk was not full when it was written',
  },
];

/** The reason why Delve ended before it was ready, as the one error of this project. */
export function explainDelveEnd(end: DelveEnd): LabError {
  for (const { pattern, code, message, hint } of known) {
    const match = pattern.exec(end.output);
    if (match !== null) return new LabError(message(match), { code, hint, details: { ...end } });
  }
  const crash = /^panic: /m.test(end.output);
  const said = crash ? 'it crashed, which it does over damaged debug information' : lastLine(end.output);
  return new LabError(`${howItEnded(end)} before it had opened the core: ${said}`, {
    code: 'undecided',
    hint: 'run `npx lab doctor` to see whether Delve and the program fit together',
    details: { ...end },
  });
}

export function howItEnded({ exitCode, signal }: DelveEnd): string {
  return signal === null ? `Delve ended with exit code ${exitCode}` : `Delve was killed by ${signal}`;
}

function lastLine(output: string): string {
  const lines = output.trim().split('\n');
  return (lines.at(-1) || 'it said nothing').slice(0, 300);
}
