import { setMaxListeners } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';

/** Programs that tell of their goroutines, and what they print. */
const module = resolve(import.meta.dirname, '../../../test/fixtures/go/dumps');

interface Form {
  /** Folder of the program, or of a test. */
  readonly of?: string;
  /** What `main` is told. */
  readonly word?: string;
  readonly test?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** When it is built. */
  readonly buildEnv?: Readonly<Record<string, string>>;
  readonly race?: boolean;
  /** The first Go that has it, as 1.x. */
  readonly since?: number;
  /** It waits for more than a minute. */
  readonly slow?: boolean;
  /** The versions of which it is kept; all when not given. */
  readonly keep?: readonly number[];
}

const traceback = (level: string) => ({ GOTRACEBACK: level });
const timeout = (name: string) => ['-test.timeout=400ms', `-test.run=${name}`];

/** Each form of a dump, by the name of its file. */
export const forms: Readonly<Record<string, Form>> = {
  quit: { word: 'quit' },
  'quit-single': { word: 'quit', env: traceback('single'), keep: [21] },
  'quit-all': { word: 'quit', env: traceback('all'), keep: [25] },
  'quit-system': { word: 'quit', env: traceback('system'), keep: [23] },
  'quit-crash': { word: 'quit', env: traceback('crash'), keep: [19, 23, 27] },
  running: { word: 'running', keep: [21, 26] },
  'running-crash': { word: 'running', env: traceback('crash'), keep: [25] },
  // Nothing makes the one that runs stop: its thread alone could print it.
  unavailable: {
    word: 'beside',
    env: { ...traceback('all'), GODEBUG: 'asyncpreemptoff=1' },
    keep: [21, 26],
  },
  minutes: { word: 'minutes', slow: true, keep: [19, 27] },
  debug2: { word: 'debug2' },
  debug1: { word: 'debug1' },
  proto: { word: 'proto' },
  deep: { word: 'deep', keep: [19, 21, 26] },
  twice: { word: 'twice', keep: [19, 27] },
  ancestors: { word: 'debug2', env: { GODEBUG: 'tracebackancestors=5' }, keep: [19, 25] },
  labels: { word: 'debug2', env: { GODEBUG: 'tracebacklabels=1' }, since: 26 },
  leak: { word: 'leak', since: 26, buildEnv: { GOEXPERIMENT: 'goroutineleakprofile' } },
  panic: { word: 'panic' },
  'panic-all': { word: 'panic', env: traceback('all'), keep: [21, 27] },
  nil: { word: 'nil' },
  throw: { word: 'throw' },
  recovered: { word: 'recovered' },
  overflow: { word: 'overflow', env: traceback('single'), keep: [19, 26] },
  asleep: { of: 'asleep' },
  'asleep-system': { of: 'asleep', env: traceback('system'), keep: [26] },
  cgo: { of: 'cgo', keep: [19, 23, 26, 27] },
  timeout: { of: 'timeout', test: timeout('TestWaits') },
  race: { of: 'timeout', test: timeout('TestRaces'), race: true, keep: [19, 23, 26] },
  // The module is of an old Go, whose timers do not go together with bubbles.
  bubble: {
    ...{ of: 'bubble', test: timeout('TestBubble'), since: 25 },
    env: { GODEBUG: 'asynctimerchan=0' },
  },
};

/** The minor version of a Go: 26 of go1.26.8. */
export async function minorOf(go: string): Promise<number> {
  const { stdout } = await execa(go, ['env', 'GOVERSION'], { env: { GOTOOLCHAIN: 'local' } });
  return Number(/^go1\.(\d+)/.exec(stdout)?.[1]);
}

/**
 * What the program prints in each of the `names`d forms that this Go has, by name. No path of this machine is in it.
 */
export async function makeDumps(
  go: string,
  names: readonly string[],
  signal: AbortSignal,
): Promise<Map<string, Buffer>> {
  const minor = await minorOf(go);
  setMaxListeners(0, signal);
  const folder = await mkdtemp(join(tmpdir(), 'lab-dumps-'));
  try {
    const made = new Map<string, Buffer>();
    const built = new Map<string, Promise<string>>();
    await Promise.all(
      names.map(async (name) => {
        const form = forms[name];
        if (form === undefined) throw new Error(`no form of dumps is called ${name}`);
        if (minor < (form.since ?? 0)) return;
        const key = JSON.stringify([form.of, form.race, form.buildEnv]);
        const exe = built.get(key) ?? build(go, minor, form, join(folder, `exe${built.size}`), signal);
        built.set(key, exe);
        made.set(name, await run(await exe, form, signal));
      }),
    );
    return made;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function build(
  go: string,
  minor: number,
  form: Form,
  exe: string,
  signal: AbortSignal,
): Promise<string> {
  const { of = '', test, race = false, buildEnv = {} } = form;
  const verb = test === undefined ? ['build'] : ['test', '-c'];
  const experiment = minor === 26 ? buildEnv : {};
  await execa(go, [...verb, '-trimpath', ...(race ? ['-race'] : []), '-o', exe, `./${of}`], {
    cwd: module,
    env: { GOTOOLCHAIN: 'local', GOWORK: 'off', GOFLAGS: '-buildvcs=false', ...experiment },
    cancelSignal: signal,
  });
  return exe;
}

/** Ended by the shell's limit on cores as a program that crashes would be, without one. */
async function run(exe: string, { word, test, env = {} }: Form, signal: AbortSignal): Promise<Buffer> {
  const args = test ?? (word === undefined ? [] : [word]);
  const { all, timedOut } = await execa('sh', ['-c', 'ulimit -c 0; exec "$0" "$@"', exe, ...args], {
    ...{ all: true, reject: false, encoding: 'buffer', stripFinalNewline: false, cancelSignal: signal },
    timeout: 150_000,
    env: { GOTRACEBACK: '', ...env },
  });
  if (timedOut || all === undefined || all.length === 0) {
    throw new Error(`${exe} ${args.join(' ')} printed nothing within 150 s`);
  }
  return Buffer.from(all);
}
