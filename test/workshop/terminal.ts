import { join } from 'node:path';
import { execa } from 'execa';
import { poll } from '../../lab/deadline.js';

/** A real terminal in which a test types as a person does, its lines ended by Enter. */
export interface Terminal extends AsyncDisposable {
  /** Types a line and returns what it printed, once the prompt is back. */
  type(line: string): Promise<string>;
  /** Types a line into another window and leaves it running there. */
  typeElsewhere(lines: readonly string[]): Promise<void>;
  /** Types a line into a program that has a prompt of its own; returns what it printed. */
  typeInto(line: string, prompt: string): Promise<string>;
}

const prompt = 'ready>';
const { signal } = new AbortController();
const withinMs = 90_000;

/** Whether tmux, which makes the terminal, is here. */
export async function hasTmux(): Promise<boolean> {
  return (await execa('tmux', ['-V'], { reject: false })).exitCode === 0;
}

/** Opens a terminal in a tmux server of its own, whose socket lies in that folder. */
export async function openTerminal(folder: string): Promise<Terminal> {
  const tmux = async (...args: string[]): Promise<string> =>
    (await execa('tmux', ['-S', join(folder, 'tmux'), '-f', '/dev/null', ...args])).stdout;
  // As wide as it takes: what a line printed is not to be broken.
  const size = ['-x', '1000', '-y', '200'];
  const shell = ['env', `PS1=${prompt} `, 'bash', '--noprofile', '--norc'];
  await tmux('new-session', '-d', '-s', 'lab', ...size, ...shell);
  await tmux('set-option', '-g', 'history-limit', '50000');
  const text = async (window: string): Promise<string> => {
    const all = await tmux('capture-pane', '-p', '-S', '-', '-t', window);
    return all.trimEnd();
  };
  const enter = async (window: string, line: string): Promise<void> => {
    await tmux('send-keys', '-t', window, '-l', line);
    await tmux('send-keys', '-t', window, 'Enter');
  };
  const endsWith = async (window: string, what: string): Promise<void> => {
    const seen = await poll(async () => ((await text(window)).endsWith(what) ? true : undefined), {
      ...{ signal, deadlineMs: withinMs, everyMs: 50 },
    });
    if (seen === undefined) throw new Error(`no ${what} came:\n${(await text(window)).slice(-2_000)}`);
  };
  const main = 'lab:0';
  await endsWith(main, prompt);
  let windows = 0;

  const typed = async (line: string, waitFor: string): Promise<string> => {
    await tmux('clear-history', '-t', main);
    const before = await text(main);
    await enter(main, line);
    // The prompt that stands there already is not the one that is waited for.
    await poll(async () => ((await text(main)) === before ? undefined : true), {
      ...{ signal, deadlineMs: withinMs, everyMs: 20 },
    });
    await endsWith(main, waitFor);
    const all = await text(main);
    return all.slice(all.lastIndexOf(line) + line.length);
  };
  return {
    type: (line) => typed(line, prompt),
    typeInto: (line, own) => typed(line, own),
    async typeElsewhere(lines) {
      windows += 1;
      const window = `lab:${windows}`;
      await tmux('new-window', '-d', '-t', window, ...shell);
      for (const line of lines) {
        await endsWith(window, prompt);
        await enter(window, line);
      }
    },
    async [Symbol.asyncDispose]() {
      await tmux('kill-server').catch(() => {});
    },
  };
}
