import { stat } from 'node:fs/promises';
import { pause } from '../../deadline.js';
import { LabError } from '../../errors.js';
import type { Emit } from '../../events.js';
import {
  type CallOptions,
  defaultDeadlines,
  type Vagrant,
  type VagrantOptions,
  type VagrantStep,
} from './api.js';
import { explainFailure, failureOf } from './failures.js';
import type { VagrantRecord } from './machine-readable.js';
import { readBoxes, readSnapshots, readStatus } from './read-records.js';
import { type Patience, runVagrant, type VagrantEnd } from './run-vagrant.js';
import { parseSshConfig } from './ssh-config.js';

const defaultPatience: Patience = { afterInterruptMs: 20_000, afterTermMs: 5_000 };
const looks = 3;

/** Vagrant in the folder of a Vagrantfile; runs nothing yet. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: one method for each step of Vagrant
export function vagrantIn(options: VagrantOptions): Vagrant {
  const run = async (step: VagrantStep, args: readonly string[], call: CallOptions): Promise<VagrantEnd> => {
    call.signal.throwIfAborted();
    await mustBeFolder(options.folder);
    const command = options.command ?? ['vagrant'];
    const deadlineMs = call.deadlineMs ?? deadlineOf(step, options);
    const end = await runVagrant({
      command,
      args: [...args, '--machine-readable'],
      folder: options.folder,
      env: { ...options.env, VAGRANT_CHECKPOINT_DISABLE: '1', LC_ALL: 'C.UTF-8' },
      logFile: options.logFile,
      deadlineMs,
      patience: options.patience ?? defaultPatience,
      signal: call.signal,
      onRecord(record) {
        tell(record, options.emit);
        call.onRecord?.(record);
      },
    });
    if (end.exitCode === 0 && !end.late) return end;
    const words = args.filter((arg) => /^[a-z][a-z-]*$/.test(arg));
    const named = `vagrant ${words.slice(0, ['snapshot', 'box', 'plugin'].includes(words[0] ?? '') ? 2 : 1).join(' ')}`;
    const argv = [...command, ...args, '--machine-readable'];
    throw explainFailure({ step: named, argv, deadlineMs, logFile: options.logFile }, end);
  };
  const doIt = async (
    step: VagrantStep,
    args: readonly (string | undefined)[],
    call: CallOptions,
  ): Promise<void> => {
    await run(
      step,
      args.filter((arg) => arg !== undefined),
      call,
    );
  };
  return {
    folder: options.folder,
    async version(call) {
      const { records } = await run('list', ['--version'], call);
      const text = records.map((record) => (record.kind === 'plain' ? record.text : '')).join('\n');
      const version = /^Vagrant (\S+)/m.exec(text)?.[1];
      if (version === undefined) throw silent('vagrant --version', 'version');
      return version;
    },
    up: ({ machine, provider, provision }, call) =>
      doIt(
        'up',
        [
          'up',
          machine,
          provider === undefined ? undefined : `--provider=${provider}`,
          provision === undefined ? undefined : provision ? '--provision' : '--no-provision',
        ],
        call,
      ),
    async status(machine, call) {
      for (let look = 1; ; look++) {
        const { records } = await run('status', ['status', machine], call);
        const seen = readStatus(machine, records);
        if (seen !== undefined) return seen;
        if (look === looks) throw silent('vagrant status', `state of ${machine}, ${looks} times`);
        await pause(options.retryMs ?? 1_000, call.signal);
      }
    },
    async sshConfig(machine, call) {
      const args = machine === undefined ? ['ssh-config'] : ['ssh-config', machine];
      const { records } = await run('sshConfig', args, call);
      const typed = records.flatMap((record) => (record.kind === 'ssh-config' ? [record.text] : []));
      const plain = records.flatMap((record) => (record.kind === 'plain' ? [record.text] : []));
      return parseSshConfig((typed.length > 0 ? typed : plain).join('\n'));
    },
    async ports(machine, call) {
      const { records } = await run('port', ['port', machine], call);
      return records.flatMap((each) =>
        each.kind === 'forwarded-port' ? [{ guest: each.guest, host: each.host }] : [],
      );
    },
    provision: (machine, call) => doIt('provision', ['provision', machine], call),
    halt: (machine, call) => doIt('halt', ['halt', machine], call),
    destroy: (machine, call) => doIt('destroy', ['destroy', machine, '--force'], call),
    snapshot: {
      save: (machine, name, call) => doIt('snapshot', ['snapshot', 'save', machine, name, '--force'], call),
      restore: (machine, name, call) =>
        doIt('snapshot', ['snapshot', 'restore', machine, name, '--no-provision'], call),
      async list(machine, call) {
        return readSnapshots((await run('snapshot', ['snapshot', 'list', machine], call)).records);
      },
      delete: (machine, name, call) => doIt('snapshot', ['snapshot', 'delete', machine, name], call),
    },
    rsync: (machine, call) => doIt('rsync', ['rsync', machine], call),
    async boxAdd(source, { name, provider, version }, call) {
      const args = ['box', 'add', source];
      if (name !== undefined) args.push('--name', name);
      if (provider !== undefined) args.push('--provider', provider);
      if (version !== undefined) args.push('--box-version', version);
      await run('boxAdd', args, call).catch((error: unknown) => {
        if (failureOf(error) !== 'box-there') throw error;
      });
    },
    async boxList(call) {
      return readBoxes((await run('list', ['box', 'list', '--box-info'], call)).records);
    },
    async pluginList(call) {
      const { records } = await run('list', ['plugin', 'list'], call);
      return new Map(
        records.flatMap((each) =>
          each.kind === 'plugin-version' ? [[each.plugin, each.version.split(',')[0] ?? ''] as const] : [],
        ),
      );
    },
    hostmanager: ({ provider }, call) =>
      doIt('hostmanager', ['hostmanager', ...(provider === undefined ? [] : ['--provider', provider])], call),
  };
}

function deadlineOf(step: VagrantStep, { deadlines }: VagrantOptions): number {
  const typed = Number(process.env['LAB_VM_TIMEOUT']);
  return Number.isFinite(typed) && typed > 0 ? typed * 1000 : (deadlines?.[step] ?? defaultDeadlines[step]);
}

function tell(record: VagrantRecord, emit: Emit | undefined): void {
  if (record.kind !== 'ui' || record.machine === '' || record.level === 'error') return;
  for (const line of record.text.split('\n')) {
    if (line.trim() !== '') emit?.({ type: 'note', text: `${record.machine}: ${line.trimEnd()}` });
  }
}

async function mustBeFolder(folder: string): Promise<void> {
  const seen = await stat(folder).catch(() => undefined);
  if (seen?.isDirectory() === true) return;
  throw new LabError(`there is no folder ${folder}`, {
    code: 'usage',
    hint: 'name the folder of the Vagrantfile',
    details: { failure: 'bad-vagrantfile' },
  });
}

function silent(step: string, what: string): LabError {
  return new LabError(`${step} told no ${what}`, {
    code: 'target',
    hint: `run \`${step}\` by hand in the Vagrantfile's folder`,
    details: { failure: 'unknown', step },
  });
}
