import type { Emit } from '../../events.js';
import type { VagrantRecord } from './machine-readable.js';
import type { Patience } from './run-vagrant.js';
import type { SshHost } from './ssh-config.js';
import type { MachinePower } from './states.js';

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
 * LabError with the step, the last lines and one action; `details.failure` names what it was (failure.ts). Machines are
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
