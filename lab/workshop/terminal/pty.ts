import { spawn } from 'node:child_process';
import { LabError } from '../../errors.js';
import { quoteWord } from '../../quote-word.js';

/** A program that believes to be at a terminal. */
export interface Pty {
  write(text: string): void;
  /** Does nothing where the size cannot be changed any more. */
  resize(size: Size): void;
  /** Hangs up, as a terminal does whose window is closed. */
  end(): void;
}

export interface Size {
  readonly cols: number;
  readonly rows: number;
}

export interface PtyRequest {
  readonly argv: readonly [string, ...string[]];
  readonly cwd: string;
  readonly size: Size;
  readonly onData: (text: string) => void;
  readonly onEnd: () => void;
}

/** Which of the two is used; the second where the first one has no build for this machine. */
export const ptyWays = ['package', 'script'] as const;
export type PtyWay = (typeof ptyWays)[number];

/**
 * Opens a pseudo-terminal: by a package, which is there where it has a build for this machine, else by script(1).
 * Throws `missing-tool` where neither is.
 */
export async function openPty(request: PtyRequest, ways: readonly PtyWay[] = ptyWays): Promise<Pty> {
  const opened = ways.includes('package') ? await byPackage(request) : undefined;
  return opened ?? (await byScript(request));
}

const named = { TERM: 'xterm-256color', COLORTERM: 'truecolor' };

async function byPackage({ argv, cwd, size, onData, onEnd }: PtyRequest): Promise<Pty | undefined> {
  const [file, ...args] = argv;
  try {
    const { spawn: open } = await import('@lydell/node-pty');
    const pty = open(file, args, { name: named.TERM, cwd, ...size, env: { ...process.env, ...named } });
    pty.onData(onData);
    pty.onExit(onEnd);
    return {
      write: (text) => pty.write(text),
      resize: ({ cols, rows }) => pty.resize(cols, rows),
      end: () => pty.kill('SIGHUP'),
    };
  } catch {
    return undefined;
  }
}

/** script(1) makes a pseudo-terminal for a command; its size is set once, by the command itself. */
async function byScript({ argv, cwd, size, onData, onEnd }: PtyRequest): Promise<Pty> {
  const command = `stty cols ${size.cols} rows ${size.rows}; exec ${argv.map(quoteWord).join(' ')}`;
  const child = spawn('script', ['--quiet', '--flush', '--command', command, '/dev/null'], {
    ...{ cwd, env: { ...process.env, ...named, SHELL: '/bin/sh' }, stdio: ['pipe', 'pipe', 'ignore'] },
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (cause) =>
      reject(
        new LabError('no terminal can be had in the page: neither its package nor script(1) works here', {
          ...{ code: 'missing-tool', hint: 'type the commands in a terminal of your own', cause },
        }),
      ),
    );
  });
  child.stdout?.setEncoding('utf8').on('data', onData);
  child.stdin?.on('error', () => {}); // it has ended meanwhile
  child.once('exit', onEnd);
  return {
    write: (text) => child.stdin?.write(text),
    resize() {},
    // script(1) passes a hang-up on to nobody; at its own end the terminal is closed, which the shell is told.
    end: () => child.kill('SIGTERM'),
  };
}
