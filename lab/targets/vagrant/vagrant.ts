import { stat } from 'node:fs/promises';
import { pause } from '../../deadline.js';
import { LabError } from '../../errors.js';
import type { Emit } from '../../events.js';
import { explainFailure, failureOf } from './failures.js';
import type { VagrantRecord } from './machine-readable.js';
import { type Patience, runVagrant, type VagrantEnd } from './run-vagrant.js';
import { parseSshConfig, type SshHost } from './ssh-config.js';
import { type MachinePower, powerOf } from './states.js';

/** Milliseconds that each step may take; `LAB_VM_TIMEOUT` (seconds) replaces all of them. */
export const defaultDeadlines = {
  up: 15 * 60_000,
  provision: 15 * 60_000,
  boxAdd: 15 * 60_000,
  snapshot: 5 * 60_000,
  rsync: 5 * 60_000,
  destroy: 3 * 60_000,
  halt: 3 * 60_000,
  hostmanager: 2 * 60_000,
  /** libvirt's blocks for as long as a guest has no lease. */
  status: 60_000,
  sshConfig: 60_000,
  port: 60_000,
  list: 30_000,
} as const;

export type VagrantStep = keyof typeof defaultDeadlines;

export interface VagrantOptions {
  /** Folder of the Vagrantfile. */
  readonly folder: string;
  /** Vagrant and what stands before it, `['vagrant']` by default. */
  readonly command?: readonly string[];
  /** Added to the environment, for example `VAGRANT_HOME` or what the Vagrantfile reads. */
  readonly env?: Readonly<Record<string, string>>;
  /** Everything that Vagrant writes is appended to it. */
  readonly logFile?: string;
  readonly deadlines?: Partial<Readonly<Record<VagrantStep, number>>>;
  readonly patience?: Patience;
  /** Between two looks at a machine that tells no state; milliseconds. */
  readonly retryMs?: number;
  readonly emit?: Emit;
}

export interface CallOptions {
  readonly signal: AbortSignal;
  /** Milliseconds, in place of the step's own. */
  readonly deadlineMs?: number;
  readonly onRecord?: (record: VagrantRecord) => void;
}

export interface MachineStatus {
  readonly machine: string;
  /** As the provider calls it. */
  readonly state: string;
  /** `undefined` in between two, or for a state that is not known here. */
  readonly power: MachinePower | undefined;
  readonly provider: string | undefined;
}

export interface Box {
  readonly name: string;
  readonly provider: string;
  readonly version: string;
}

export interface ForwardedPort {
  readonly guest: number;
  readonly host: number;
}

/**
 * Vagrant as functions. Each runs the program once (`status` a few times), tells what it says as notes, and throws a
 * LabError with the step, the last lines and one action; `details.failure` names what it was (failures.ts). Machines are
 * named; without a name the step is done to all of the Vagrantfile.
 */
export interface Vagrant {
  readonly folder: string;
  version(call: CallOptions): Promise<string>;
  up(
    what: { readonly machine?: string; readonly provider?: string; readonly provision?: boolean },
    call: CallOptions,
  ): Promise<void>;
  /** Looks again, up to three times, when a machine tells no state; throws `target` when it never does. */
  status(machine: string, call: CallOptions): Promise<MachineStatus>;
  sshConfig(machine: string | undefined, call: CallOptions): Promise<readonly SshHost[]>;
  /** Ports that the provider forwards; throws where it cannot list them. */
  ports(machine: string, call: CallOptions): Promise<readonly ForwardedPort[]>;
  provision(machine: string | undefined, call: CallOptions): Promise<void>;
  halt(machine: string | undefined, call: CallOptions): Promise<void>;
  /** Asks nobody. */
  destroy(machine: string | undefined, call: CallOptions): Promise<void>;
  readonly snapshot: {
    /** Replaces one of that name. */
    save(machine: string, name: string, call: CallOptions): Promise<void>;
    /** Does not provision again. */
    restore(machine: string, name: string, call: CallOptions): Promise<void>;
    list(machine: string, call: CallOptions): Promise<readonly string[]>;
    delete(machine: string, name: string, call: CallOptions): Promise<void>;
  };
  /** Brings folders that are synced by rsync up to date; does nothing to others. */
  rsync(machine: string | undefined, call: CallOptions): Promise<void>;
  /** `source` is a name, a path or a URL of a box or of a catalogue. One that is there already is left alone. */
  boxAdd(
    source: string,
    what: { readonly name?: string; readonly provider?: string; readonly version?: string },
    call: CallOptions,
  ): Promise<void>;
  boxList(call: CallOptions): Promise<readonly Box[]>;
  /** Plugins with their versions. */
  pluginList(call: CallOptions): Promise<ReadonlyMap<string, string>>;
  /** Writes the machines' names into the hosts files; needs the plugin vagrant-hostmanager. */
  hostmanager(what: { readonly provider?: string }, call: CallOptions): Promise<void>;
}

const defaultPatience: Patience = { afterInterruptMs: 20_000, afterTermMs: 5_000 };
const looks = 3;

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
      if (version === undefined) throw silent('vagrant --version', 'a version');
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
        if (look === looks) throw silent('vagrant status', `a state of ${machine}`);
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

function readStatus(machine: string, records: readonly VagrantRecord[]): MachineStatus | undefined {
  const state = records.findLast((each) => each.kind === 'state' && each.machine === machine);
  if (state?.kind !== 'state' || state.state === '') return undefined;
  const provider = records.findLast((each) => each.kind === 'provider' && each.machine === machine);
  return {
    machine,
    state: state.state,
    power: powerOf(state.state),
    provider: provider?.kind === 'provider' ? provider.provider : undefined,
  };
}

/** Names stand below an empty line of the machine's; where there is none, the same place holds advice. */
function readSnapshots(records: readonly VagrantRecord[]): readonly string[] {
  const at = records.findIndex(
    (each) => each.kind === 'ui' && each.level === 'output' && each.text.trim() === '',
  );
  if (at === -1) return [];
  return records
    .slice(at)
    .flatMap((each) => (each.kind === 'ui' && each.level === 'detail' ? [each.text] : []));
}

function readBoxes(records: readonly VagrantRecord[]): readonly Box[] {
  const boxes: { name: string; provider: string; version: string }[] = [];
  for (const record of records) {
    if (record.kind !== 'box-info') continue;
    if (record.key === 'name') boxes.push({ name: record.value, provider: '', version: '' });
    const box = boxes.at(-1);
    if (box !== undefined && record.key === 'provider') box.provider = record.value;
    if (box !== undefined && record.key === 'version') box.version = record.value;
  }
  return boxes;
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
  return new LabError(`${step} told no ${what.replace(/^a /, '')}, ${looks} times`, {
    code: 'target',
    hint: `run \`${step}\` by hand in the Vagrantfile's folder`,
    details: { failure: 'unknown', step },
  });
}
