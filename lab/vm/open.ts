import type { Emit } from '../events.js';
import { goServerFolder } from '../paths.js';
import { sshTarget } from '../targets/ssh/index.js';
import type { Target } from '../targets/target.js';
import { type Connect, vagrantTarget } from '../targets/vagrant/target.js';
import { hostHome } from './host-home.js';
import { offlineBox } from './offline-box.js';
import { findPlace, insideVariable, vagrantFolder } from './place.js';

export interface VmOptions {
  /** Leaves the machine as it is afterwards, whoever started it. */
  readonly keep: boolean;
  /** Builds the box of this machine's own packages, and takes that one. */
  readonly offlineBox: boolean;
  /** Receives all that Vagrant writes. */
  readonly logFile?: string;
}

/** A VM under emulation answers late; nothing of it means that it is gone. */
const slow = {
  connectMs: 60_000,
  keepAliveMs: 10_000,
  reconnectMs: 90_000,
  answerMs: 90_000,
  silenceMs: 180_000,
};

/** Brings `server-test-1` up, unless it runs, and opens it as a target. */
export async function openVm(options: VmOptions, emit: Emit, signal: AbortSignal): Promise<Target> {
  const place = await findPlace(signal);
  const user = place.kind === 'user';
  const wanted = options.offlineBox && process.env['LAB_BOX'] === undefined;
  const host = process.env[insideVariable];
  const box = wanted ? await offlineBox(user ? 'user' : 'root', emit, signal) : undefined;
  return await vagrantTarget(
    {
      folder: vagrantFolder,
      keep: options.keep,
      synced: [{ local: goServerFolder, guest: '/vagrant/go-server' }],
      connect,
      env: {
        ...(user ? { LAB_VM_MODE: 'user' } : {}),
        ...(box === undefined ? {} : { LAB_BOX: box }),
        ...(host === undefined ? {} : await hostHome(host)),
      },
      ...(options.logFile === undefined ? {} : { logFile: options.logFile }),
    },
    emit,
    signal,
  );
}

const connect: Connect = async ({ name, host, port, user, identityFiles, checkHostKey }, power, signal) => {
  const [identityFile] = identityFiles;
  return await sshTarget(
    {
      ...{ kind: 'vagrant', name, host, port, user, config: 'none', listenHost: '0.0.0.0' },
      hostKeys: checkHostKey ? 'known' : 'any',
      ...(identityFile === undefined ? {} : { identityFile }),
      deadlines: slow,
      ...power,
    },
    signal,
  );
};
