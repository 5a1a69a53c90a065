import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LabError } from '../../errors.js';
import { makeFolder } from '../../make-folder.js';
import { quoteWord } from '../../quote-word.js';
import { environmentName } from '../place.js';
import { openPty, type Pty, type PtyWay, ptyWays, type Size } from './pty.js';

/** Terminals of one lesson at most: a server, a debugger, and where one types. */
export const mostTerminals = 4;
/** What a page that comes back is shown of what was printed, letters. */
const keptText = 200_000;

export interface Attached {
  write(text: string): void;
  resize(size: Size): void;
  detach(): void;
}

export interface Viewer {
  readonly onData: (text: string) => void;
  readonly onEnd: () => void;
}

/** The terminals in the pages of one participant; a page that is reloaded finds them as they were. */
export interface Terminals extends Disposable {
  attach(lesson: string, number: number, size: Size, viewer: Viewer): Promise<Attached>;
}

interface Open {
  readonly pty: Pty;
  printed: string;
  readonly viewers: Set<Viewer>;
}

export function openTerminals(sessionDir: string, ways: readonly PtyWay[] = ptyWays): Terminals {
  const open = new Map<string, Promise<Open>>();

  const start = async (key: string, lesson: string, size: Size): Promise<Open> => {
    const folder = join(sessionDir, lesson);
    if (!existsSync(join(folder, environmentName))) {
      throw new LabError('this lesson is not prepared yet', {
        ...{ code: 'usage', hint: 'open its first step' },
      });
    }
    const vault = join(sessionDir, '.lab', lesson);
    await makeFolder(vault, 0o700);
    const start = join(vault, 'terminal.rc');
    await writeFile(start, startFile(folder), { mode: 0o600 });
    const viewers = new Set<Viewer>();
    const early: string[] = [];
    let one: Open | undefined;
    const pty = await openPty(
      {
        argv: ['bash', '--rcfile', start, '-i'],
        ...{ cwd: folder, size },
        onData(text) {
          if (one === undefined) early.push(text);
          else one.printed = `${one.printed}${text}`.slice(-keptText);
          for (const viewer of viewers) viewer.onData(text);
        },
        onEnd() {
          open.delete(key);
          for (const viewer of viewers) viewer.onEnd();
        },
      },
      ways,
    );
    one = { pty, printed: early.join(''), viewers };
    return one;
  };

  return {
    async attach(lesson, number, size, viewer) {
      const key = `${lesson}/${number}`;
      const starting = open.get(key) ?? start(key, lesson, size);
      open.set(key, starting);
      const one = await starting.catch((error: unknown) => {
        open.delete(key);
        throw error;
      });
      if (one.printed !== '') viewer.onData(one.printed);
      one.viewers.add(viewer);
      one.pty.resize(size);
      return {
        write: (text) => one.pty.write(text),
        resize: (next) => one.pty.resize(next),
        detach: () => one.viewers.delete(viewer),
      };
    },
    [Symbol.dispose]() {
      for (const one of open.values()) one.then(({ pty }) => pty.end()).catch(() => {});
      open.clear();
    },
  };
}

/** A person's own shell, in the lesson's folder, with the tools that the lab found. */
function startFile(folder: string): string {
  return [
    '[ -f ~/.bashrc ] && . ~/.bashrc',
    `cd ${quoteWord(folder)} && . ./${environmentName}`,
    "PS1='\\W\\$ '",
    '',
  ].join('\n');
}
