import { stripVTControlCharacters } from 'node:util';
import { execa } from 'execa';
import { poll } from '../lab/deadline.js';

const { signal } = new AbortController();

export interface Terminal extends AsyncDisposable {
  write(keys: string): void;
  /** Resolves with all that was shown, without colours, once it matches; throws with it when 20 s pass first. */
  shows(pattern: RegExp): Promise<string>;
  /** Resolves with all that was shown once the program has ended. */
  readonly ended: Promise<string>;
}

/** Runs a shell's command line in a terminal of its own, of so many columns. */
export function openTerminal(
  command: string,
  { columns, cwd, env = {} }: { columns: number; cwd?: string; env?: Readonly<Record<string, string>> },
): Terminal {
  const child = execa('script', ['-qfec', `stty cols ${columns}; exec ${command}`, '/dev/null'], {
    reject: false,
    env: { TERM: 'xterm', ...env },
    ...(cwd === undefined ? {} : { cwd }),
  });
  let shown = '';
  child.stdout.on('data', (chunk: Buffer) => {
    shown += chunk.toString();
  });
  const plain = (): string => stripVTControlCharacters(shown);
  const ended = child.then(plain);
  return {
    write: (keys) => child.stdin.write(keys),
    async shows(pattern) {
      const seen = await poll(() => (pattern.test(plain()) ? true : undefined), {
        signal,
        deadlineMs: 20_000,
        everyMs: 20,
      });
      if (seen === undefined) throw new Error(`never showed ${pattern}:\n${JSON.stringify(plain())}`);
      return shown;
    },
    ended,
    async [Symbol.asyncDispose]() {
      child.kill();
      await ended;
    },
  };
}

/** Whether a program answers, for tests that need it; says which one is missing. */
export async function has(program: string, ...args: readonly string[]): Promise<boolean> {
  const { exitCode } = await execa(program, args.length === 0 ? ['--version'] : args, { reject: false });
  if (exitCode !== 0) console.log(`      skipped: ${program} is not installed`);
  return exitCode === 0;
}
