import { writeFile } from 'node:fs/promises';
import { type SshTargetOptions, sshTarget } from '../../../lab/targets/ssh/target.js';
import type { Target } from '../../../lab/targets/target.js';
import { type SshServer, type SshServerOptions, startSshServer } from '../../ssh-server.js';
import { tempFolder } from '../../temp-folder.js';

const { signal } = new AbortController();

/** A server that misbehaves as told, the target that is connected to it, and a folder that both see. */
export interface Rig extends AsyncDisposable {
  readonly server: SshServer;
  readonly target: Target;
  file(name: string): string;
}

/** Everything is closed when it is disposed. */
export async function rig(
  server: SshServerOptions = {},
  options: Partial<SshTargetOptions> = {},
): Promise<Rig> {
  const folder = await tempFolder();
  const started = await startSshServer(server);
  await writeFile(folder.file('known_hosts'), started.knownHost);
  const target = await sshTarget(
    {
      ...{ host: '127.0.0.1', port: started.port, user: 'tester', config: 'none' },
      ...{ knownHostsFiles: [folder.file('known_hosts')], workFolder: folder.file('work') },
      ...options,
    },
    signal,
  ).catch(async (error: unknown) => {
    await started[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
    throw error;
  });
  return {
    server: started,
    target,
    file: folder.file,
    async [Symbol.asyncDispose]() {
      await target[Symbol.asyncDispose]();
      await started[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}
