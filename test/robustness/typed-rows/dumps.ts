import type { TypedRow } from './typed-row.js';

/** Goroutine dumps that are none, and what does not go with one. */
export const dumps: readonly TypedRow[] = [
  {
    input: 'An empty file for `--dump`',
    line: 'analyze --dump empty',
    happens: 'Says so, and how a dump is taken.',
    exit: 64,
    says: /no goroutine dump: it is empty do: take a dump/,
  },
  {
    input: 'A text without a goroutine',
    line: 'analyze --dump text',
    happens: 'Says so.',
    exit: 64,
    says: /no goroutine dump/,
  },
  {
    input: 'A core for `--dump`',
    line: 'analyze --dump core',
    happens: 'Says what it is.',
    exit: 64,
    says: /no goroutine dump/,
  },
  {
    input: 'A dump that does not exist',
    line: 'analyze --dump nothing',
    happens: 'Says so.',
    exit: 64,
    says: /nothing/,
  },
  {
    input: 'A dump from an address that nobody listens at',
    line: 'analyze --dump http://127.0.0.1:9/debug/pprof/goroutine',
    happens: 'Says so.',
    exit: 69,
    says: /127\.0\.0\.1:9/,
  },
  {
    input: 'A dump and a core',
    line: 'analyze --dump text --core core',
    happens: 'Refused before any work.',
    exit: 64,
    says: /--dump is analysed by itself do: leave out --core/,
  },
  {
    input: '`--source` for a core',
    line: 'analyze --exe server --core core --source folder',
    happens: 'Says which option is meant.',
    exit: 64,
    says: /--source belongs to --dump do: use --source-map/,
  },
  {
    input: 'A dump that `--html` would overwrite',
    line: 'analyze --dump text --html text',
    happens: 'Refused before any work.',
    exit: 64,
    says: /text/,
  },
];
