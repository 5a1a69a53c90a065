import type { TypedRow } from './typed-row.js';

/** Where nothing can be written. */
export const placesToWrite: readonly TypedRow[] = [
  {
    input: 'A report to a folder',
    line: 'analyze --exe server --core core --html folder',
    happens: 'Refused before any work.',
    exit: 64,
    says: /the report cannot be written to \S+folder: it is no file do: choose another file/,
  },
  {
    input: 'A report into a folder that does not exist',
    line: 'analyze --exe server --core core --html nothing/page.html',
    happens: 'Refused before any work.',
    exit: 64,
    says: /the report cannot be written to \S+: no such file can be made \(ENOENT\) do: choose/,
  },
  {
    input: 'A report to a named pipe',
    line: 'analyze --exe server --core core --html fifo',
    happens: 'Refused before any work.',
    exit: 64,
    says: /the report cannot be written to \S+fifo: it is no file do:/,
  },
  {
    input: 'A report with a name of 300 letters',
    line: `analyze --exe server --core core --html "$(printf 'a%.0s' {1..300})"`,
    happens: 'Refused before any work.',
    exit: 64,
    says: /^error: the report cannot be written to \S+ no such file can be made \(ENAMETOOLONG\) do: choose/,
  },
  {
    input: 'A list of goroutines to a device',
    line: 'analyze --exe server --core core --members /dev/full',
    happens: 'Refused before any work.',
    exit: 64,
    says: /the list of goroutines cannot be written to \/dev\/full: it is no file do:/,
  },
  {
    input: 'A capture into what is a file',
    line: 'capture --pid $$ -o text',
    happens: 'Refused; the file stays.',
    exit: 64,
    says: /process \d+ runs no Go program|the folder \S+text cannot be made \(it is a file\) do: choose another folder/,
  },
  {
    input: '`LAB_RUNS` names a file',
    line: 'LAB_RUNS=text @ provision gossip --quiet',
    happens: 'Says so, with the variable.',
    exit: 64,
    says: /the folder \S+text cannot be made \(it is a file\) do: set LAB_RUNS to a folder/,
  },
  {
    input: '`LAB_CACHE` names a file',
    line: 'LAB_CACHE=text @ analyze --exe server --core core --quiet',
    happens: 'Says so, with the variable.',
    exit: 64,
    says: /the folder \S+text cannot be made \(it is a file\) do: set LAB_CACHE to a folder/,
  },
  {
    input: '`LAB_CACHE` names a place where no folder can be: `/proc`',
    line: 'LAB_CACHE=/proc/x @ analyze --exe server --core core --quiet',
    happens: 'Says so at once; Node’s own call never comes back from there.',
    exit: 64,
    says: /the folder \/proc\/x cannot be made \(ENOENT\) do: set LAB_CACHE to a folder/,
  },
  {
    input: 'A workshop in what is a file',
    line: 'workshop --dir text',
    happens: 'Refused.',
    exit: 64,
    says: /the folder \S+ cannot be made \(\w+\) do: choose another folder/,
  },
];
