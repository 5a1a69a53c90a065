import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { poll } from '../../../lab/deadline.js';
import type { LabEvent } from '../../../lab/events.js';
import { projectRoot } from '../../../lab/paths.js';
import type { VagrantOptions } from '../../../lab/targets/vagrant/api.js';
import { vagrantIn } from '../../../lab/targets/vagrant/vagrant.js';
import { type JournalEntry, type Play, readJournal } from '../../fakes/vagrant.js';
import { tempFolder } from '../../temp-folder.js';

const program = fileURLToPath(new URL('../../fakes/vagrant.js', import.meta.url));

/** What real Vagrant wrote (2.3.4, with vagrant-libvirt 0.11.2). */
export function recorded(name: string, stream: 'out' | 'err' = 'out'): string {
  return readFileSync(join(projectRoot, 'test', 'fixtures', 'vagrant', `${name}.${stream}`), 'utf8');
}

/** A play of recorded output. */
export function plays(command: string, name: string, more: Partial<Play> = {}): Play {
  return { command, stdout: [recorded(name)], ...more };
}

/** The wrapper on a scripted vagrant, in a folder of its own. */
export async function scripted(script: readonly Play[], more: Partial<VagrantOptions> = {}) {
  const folder = await tempFolder();
  const journal = folder.file('journal');
  await mkdir(folder.file('vagrant'));
  await writeFile(folder.file('script.json'), JSON.stringify({ journal, plays: script }));
  const events: LabEvent[] = [];
  const options = {
    folder: folder.file('vagrant'),
    command: [process.execPath, program, folder.file('script.json')],
    logFile: folder.file('vagrant.log'),
    patience: { afterInterruptMs: 300, afterTermMs: 300 },
    retryMs: 10,
    ...more,
  };
  const entries = (): readonly JournalEntry[] => readJournal(journal);
  return {
    folder,
    options,
    events,
    vagrant: vagrantIn({ ...options, emit: (event) => events.push(event) }),
    emit: (event: LabEvent) => events.push(event),
    notes: () => events.flatMap((event) => (event.type === 'note' ? [event.text] : [])),
    /** Commands so far, without the flag that all have. */
    commands: () =>
      entries().flatMap(({ argv }) =>
        argv === undefined ? [] : [argv.filter((arg) => arg !== '--machine-readable').join(' ')],
      ),
    signals: () => entries().flatMap((entry) => entry.signal ?? []),
    pids: () => [...new Set(entries().map(({ pid }) => pid))],
    /** Waits until a command has begun. */
    async began(command: string): Promise<void> {
      const seen = await poll(
        () => (entries().some(({ argv }) => argv?.join(' ').startsWith(command)) ? true : undefined),
        { signal: new AbortController().signal, deadlineMs: 10_000, everyMs: 10 },
      );
      if (seen !== true) throw new Error(`${command} never began`);
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

export function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
