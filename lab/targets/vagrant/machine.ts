import { join, resolve } from 'node:path';
import { pause } from '../../deadline.js';
import { LabError, messageOf, toLabError } from '../../errors.js';
import type { Emit } from '../../events.js';
import { quoteWord } from '../../quote-word.js';
import type { ForwardedPort, MachineStatus, Vagrant, VagrantOptions } from './api.js';
import { failureOf } from './failures.js';
import { takeLock } from './lab-lock.js';
import type { VagrantRecord } from './machine-readable.js';
import { chooseProvider, providerFacts } from './provider.js';
import type { SshHost } from './ssh-config.js';
import { vagrantIn } from './vagrant.js';

export interface MachineOptions extends Omit<VagrantOptions, 'emit'> {
  /** Name in the Vagrantfile; `server-test-1` by default. */
  readonly machine?: string;
  readonly provider?: string;
  /** Leaves the machine as it is when it is disposed, whoever started it. */
  readonly keep?: boolean;
  /** How long another vagrant may hold the machine, and a booting guest refuse SSH; milliseconds. */
  readonly lockedMs?: number;
}

/**
 * A machine that runs. Disposing it undoes what opening it did: a machine that was made is destroyed, one that was started
 * is halted, one that ran already stays. What cannot be undone is told as a note and never thrown.
 */
export interface OpenMachine extends AsyncDisposable {
  readonly name: string;
  readonly provider: string | undefined;
  readonly began: 'made' | 'started' | 'ran';
  readonly vagrant: Vagrant;
  /** How to reach it since this `up`: the guest's address changes at each. */
  readonly host: SshHost;
  /** Where this machine reaches ports of the guest, as far as that is known. */
  forwarded(signal: AbortSignal): Promise<readonly ForwardedPort[]>;
}

const articleName = 'server-test-1';
const lookAgainMs = 1_000;

/**
 * Brings a machine up unless it runs, and has its name written into the hosts files where the plugin for that is there.
 * One lab at a time: throws `target` naming the process of another. When this fails or is interrupted, what it had begun
 * is undone before it throws.
 */
export async function openMachine(
  options: MachineOptions,
  emit: Emit,
  signal: AbortSignal,
): Promise<OpenMachine> {
  const name = options.machine ?? articleName;
  const vagrant = vagrantIn({ ...options, emit });
  const lock = await takeLock(join(stateFolder(options), `lab-${name}.lock`), name, signal);
  let undo = async (): Promise<void> => undefined;
  const close = async (): Promise<void> => {
    try {
      await undo();
    } finally {
      await lock[Symbol.asyncDispose]();
    }
  };
  try {
    const plugins = await vagrant.pluginList({ signal });
    const choose = async (): Promise<string> =>
      chooseProvider(await providerFacts({ ...options, plugins: plugins.keys() }, signal)).name;
    const { began, provider } = await whenUnlocked(options, signal, async () => {
      // Whoever held the machine may have brought it up meanwhile: then it is theirs.
      const before = await settled(vagrant, name, options, signal).catch(async (error: unknown) => {
        // Which plugin or hypervisor is missing is known better here.
        if (failureOf(error) === 'provider-missing') await choose();
        throw error;
      });
      if (before.power === 'running') return { began: 'ran' as const, provider: before.provider };
      const began = before.power === 'absent' ? ('made' as const) : ('started' as const);
      // A machine stays with the provider that made it.
      const provider = began === 'made' ? await choose() : before.provider;
      const onRecord = (record: VagrantRecord): void => {
        // Told by the one who holds Vagrant's lock.
        if (record.kind !== 'action' || record.action !== 'up' || record.phase !== 'start') return;
        undo = () => putAway(vagrant, name, began, options, emit);
      };
      await vagrant.up(
        { machine: name, ...(provider === undefined ? {} : { provider }) },
        { signal, onRecord },
      );
      return { began, provider };
    });
    const chosen = provider === undefined ? {} : { provider };
    const host = await reachable(vagrant, name, options, signal);
    // `up` has named it; one that ran before may have another address here, or none.
    if (began === 'ran' && plugins.has('vagrant-hostmanager')) {
      await nameIt(vagrant, name, chosen, emit, signal);
    }
    return {
      name,
      provider,
      began,
      vagrant,
      host,
      forwarded: (asked) => forwardedPorts(vagrant, name, options, asked),
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Where Vagrant keeps what it knows of the machine: whoever shares it shares the machine. */
function stateFolder({ folder, env }: MachineOptions): string {
  return resolve(folder, env?.['VAGRANT_DOTFILE_PATH'] ?? process.env['VAGRANT_DOTFILE_PATH'] ?? '.vagrant');
}

/** Without a name here the machine is reached by forwarded ports; writing it may need rights that nobody has. */
async function nameIt(
  vagrant: Vagrant,
  name: string,
  chosen: { readonly provider?: string },
  emit: Emit,
  signal: AbortSignal,
): Promise<void> {
  try {
    await vagrant.hostmanager(chosen, { signal });
  } catch (error) {
    signal.throwIfAborted();
    emit({ type: 'note', text: `${name} has no name here: ${messageOf(error).split('\n')[0] ?? ''}` });
  }
}

/** The machine's state once it is none in between; throws `target` when it stays there. */
async function settled(
  vagrant: Vagrant,
  name: string,
  options: MachineOptions,
  signal: AbortSignal,
): Promise<MachineStatus> {
  const end = performance.now() + patienceOf(options);
  for (;;) {
    const status = await vagrant.status(name, { signal });
    if (status.power !== undefined) return status;
    if (performance.now() > end) {
      throw new LabError(`${name} is ${status.state}, and stays so`, {
        code: 'target',
        hint: `put it in order by hand: \`cd ${quoteWord(options.folder)} && vagrant destroy -f ${name}\``,
        details: { failure: 'not-ready', state: status.state },
      });
    }
    await pause(options.retryMs ?? lookAgainMs, signal);
  }
}

async function reachable(
  vagrant: Vagrant,
  name: string,
  options: MachineOptions,
  signal: AbortSignal,
): Promise<SshHost> {
  const hosts = await again(['not-ready'], options, signal, () => vagrant.sshConfig(name, { signal }));
  const found = hosts.find((host) => host.name === name);
  if (found !== undefined) return found;
  throw new LabError(`vagrant ssh-config says nothing of ${name}`, {
    code: 'target',
    hint: `run \`vagrant ssh-config ${name}\` in ${options.folder}`,
  });
}

/** Undoes with a signal of its own: the caller's is aborted when this is needed most. */
async function putAway(
  vagrant: Vagrant,
  name: string,
  began: 'made' | 'started',
  options: MachineOptions,
  emit: Emit,
): Promise<void> {
  if (options.keep === true) {
    emit({ type: 'note', text: `${name} stays as it is` });
    return;
  }
  const { signal } = new AbortController();
  try {
    await whenUnlocked(options, signal, () =>
      began === 'made' ? vagrant.destroy(name, { signal }) : vagrant.halt(name, { signal }),
    );
  } catch (error) {
    const { hint } = toLabError(error);
    const text = `${name} could not be put away: ${messageOf(error)}`;
    emit({ type: 'note', text: hint === undefined ? text : `${text}\n${hint}` });
  }
}

/** Ports by the provider, else by the settings that the Vagrantfile reads. */
async function forwardedPorts(
  vagrant: Vagrant,
  name: string,
  options: MachineOptions,
  signal: AbortSignal,
): Promise<readonly ForwardedPort[]> {
  const listed = await vagrant.ports(name, { signal }).catch(() => {
    signal.throwIfAborted();
    return [];
  });
  if (listed.length > 0) return listed;
  const env = { ...process.env, ...options.env };
  return [10_080, 10_081].map((guest) => ({ guest, host: Number(env[`LAB_PORT_${guest}`] ?? guest) }));
}

function whenUnlocked<T>(options: MachineOptions, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  return again(['machine-locked'], options, signal, work);
}

/** Does it again for as long as it fails for a reason that passes by itself. */
async function again<T>(
  passing: readonly string[],
  options: MachineOptions,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  const end = performance.now() + patienceOf(options);
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!passing.includes(failureOf(error) ?? '') || performance.now() > end) throw error;
    }
    await pause(options.retryMs ?? lookAgainMs, signal);
  }
}

const patienceOf = ({ lockedMs }: MachineOptions): number => lockedMs ?? 60_000;
