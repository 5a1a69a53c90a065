import type { Rows } from './row.js';

export const damage = {
  'exe-cut': {
    input: 'An executable that was cut off, or whose headers contradict each other or the file',
    happens: 'It is damaged; it is not taken for a stripped one.',
    exit: 64,
    says: /^error: \S+ is damaged(?: or cut off)?: .* do: copy the file again from where the process ran, or build the same commit once more$/,
  },
  'exe-debug-info': {
    input:
      'An executable with damaged DWARF (any of its sections, zeros or noise), at which Delve fails or crashes',
    happens:
      'The reader that needs no Delve is tried; the first limit says why. Nothing of Delve’s panic is shown.',
    exit: 2,
    says: /copy both files again .* Delve cannot read these files, so one of them may be damaged/,
  },
  'exe-build-info': {
    input: 'An executable whose build information is damaged',
    happens: 'Read without Delve, since none can be chosen.',
    exit: 2,
    says: /Delve cannot read these files, so one of them may be damaged \(it does not say which Go built it\)/,
  },
  'core-cut': {
    input: 'A core that was cut off',
    happens: 'Says by how much.',
    exit: 64,
    says: /^error: \S+ is cut off: it should have \d+ bytes and has \d+ do: copy it again/,
  },
  'core-headers': {
    input: 'A core with noise in its table of segments',
    happens: 'It is damaged.',
    exit: 64,
    says: /^error: \S+ is damaged: by its headers it has more bytes than memory can have do: copy it again$/,
  },
  'core-notes': {
    input: 'A core whose notes (threads, registers, auxiliary vector) are noise or zeros',
    happens: 'Memory is read without Delve; what it proves is proved.',
    exit: 2,
    says: /copy both files again .* Delve cannot read these files, so one of them may be damaged/,
  },
  'no-goroutines': {
    input: 'Files in which neither reader finds a goroutine',
    happens: 'At least one is damaged; both reasons are told.',
    exit: 64,
    says: /error: no goroutine can be read from \S+ and \S+, so at least one of them is damaged \(.*\) do: copy both files again/,
  },
} satisfies Rows;

export const wrapped = {
  'wrapped-cut': {
    input: 'A core in .gz, .zst, .xz, .lz4 or .zip that was cut off or damaged',
    happens: 'Says so in the words of what unpacks it; nothing is left.',
    exit: 64,
    says: /error: \S+ is cut off or damaged: (?:gzip|zstd|xz|lz4|zip) cannot be (?:unpacked|read) \(.+\) do: copy the file again from where the core was taken$/,
  },
  'wrapped-no-core': {
    input: 'A zip or tar file, or a compressed one, without a core',
    happens: 'Says what it has.',
    exit: 64,
    says: /error: there is no core in \S+: it holds .+ do: look what it is: `file -z \S+`$/,
  },
  'wrapped-two-cores': {
    input: 'An archive with two cores',
    happens: 'Names both; nothing is left.',
    exit: 64,
    says: /error: \S+ has two cores: a\.core and b\.core do: unpack the file, and pass one of them as --core$/,
  },
  'wrapped-bomb': {
    input: 'A small compressed file that unpacks to more than the core’s headers tell of',
    happens: 'It is given up there; nothing is left.',
    exit: 64,
    says: /error: \S+ holds more than its ELF headers tell of: \d+ bytes, and it goes on do: get the file again/,
  },
  'wrapped-encrypted': {
    input: 'A zip file with a password',
    happens: 'Says so.',
    exit: 64,
    says: /error: there is no core in what can be read of \S+: \S+ in \S+ is encrypted do: unpack it yourself, and pass the core/,
  },
  'wrapped-unknown': {
    input: 'A core in a compression that is not read: .bz2, .br, .7z, .rar, .Z, .lzma',
    happens: 'Names it, the command that unpacks it, and what is read.',
    exit: 64,
    says: /error: \S+ is compressed with (?:bzip2|Brotli), which the lab does not read do: unpack it first: `(?:bzip2|brotli) -dk \S+` \(gzip, zstd, xz, lz4, zip and tar are read as they are\)$/,
  },
  'wrapped-disk': {
    input: 'A core that unpacks to more than the disk has free, less what it keeps for others',
    happens: 'It is given up before the disk is full; nothing is left.',
    exit: 69,
    says: /error: the disk of \S+ has too little room for what is unpacked: \d+ MB or more, .* do: set LAB_CACHE to a folder on another disk, or unpack the file yourself$/,
  },
  'wrapped-no-tool': {
    input:
      'A .zst, .xz or .lz4 where nothing on the machine unpacks it; `coredumpctl:PID` without coredumpctl',
    happens: 'Names the package.',
    exit: 69,
    says: /error: .+, and (?:zstd|xz|lz4|coredumpctl) is not installed do: install it: `sudo apt-get install (?:zstd|xz-utils|lz4|systemd-coredump)`$/,
  },
  'wrapped-killed': {
    input: '`kill -9` of the lab while it unpacks',
    happens: 'The next one that unpacks removes what was left.',
    exit: 64,
    says: /error: there is no core in \S+: it holds nothing/,
  },
} satisfies Rows;

export const sources = {
  trimpath: {
    input: 'A program built with `-trimpath`, far from its sources',
    happens: 'The limits have the one option that helps, but for the folder.',
    exit: 2,
    says: /`--source-map example\.com\/depot=DIR`, where DIR has the go\.mod of example\.com\/depot/,
  },
  'trimpath-here': {
    input: 'The same in its module’s folder, or below it',
    happens: 'The module is found by its go.mod.',
    exit: 1,
    says: /^deadlock\[/,
  },
} satisfies Rows;
