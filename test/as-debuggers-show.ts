import { execa } from 'execa';
import type { TempFolder } from './temp-folder.js';

/** By its last instruction a thread may differ: one that was made to call something begins its own call anew. */
const beginsAnew = 'runtime.futex';

/** As gdb shows the threads of a core, by their ids. */
export async function stacks(exe: string, core: string): Promise<Readonly<Record<string, string>>> {
  const argv = ['--nx', '--batch', '-iex', 'set auto-load off', '-iex', 'set debuginfod enabled off'];
  const backtrace = 'thread apply all bt -frame-info short-location -frame-arguments none 12';
  const { stdout } = await execa('gdb', [...argv, '-ex', backtrace, exe, core]);
  // gdb before 14 wants as many bytes of vector registers as Intel's processors have, and warns of the kernel's cores too.
  const clean = stdout.replaceAll(/^(?:\[New LWP|warning: Section `\.reg-xstate).*\n/gm, '');
  // Of a stripped program there is only the address to tell that.
  const text = clean.replaceAll(/^#0 +0x\w+ in \?\?/gm, beginsAnew);
  const [, ...parts] = text.split(/^Thread \d+ \((?:Thread 0x\w+ \()?LWP (\d+)\)+.*$/m);
  const threads = parts.flatMap((id, i) => (i % 2 === 0 ? [[id, parts[i + 1]?.trim() ?? '']] : []));
  return Object.fromEntries(threads);
}

/** As Delve lists the goroutines of a core, with their stacks. */
export async function goroutines(
  dlv: string,
  exe: string,
  core: string,
  folder: TempFolder,
): Promise<string> {
  const { stdout } = await execa(dlv, ['core', exe, core, '--allow-non-terminal-interactive=true'], {
    input: 'goroutines -t\nquit\n',
    env: { HOME: folder.path, TERM: 'dumb' },
  });
  // Which one is selected at first depends on the order of threads alone.
  const listed = stdout.replaceAll(/^\* /gm, '  ');
  return listed.replaceAll(/0x\w+ in runtime\.futex\n\s+at \S+/g, beginsAnew);
}
