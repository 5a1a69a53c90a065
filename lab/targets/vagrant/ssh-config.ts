import SSHConfig from 'ssh-config';
import { z } from 'zod';
import { LabError } from '../../errors.js';

/** What a person's `ssh` would need to know of a machine; what the SSH target takes. */
export interface SshHost {
  /** Name of the machine. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly identityFiles: readonly string[];
  /** False where the configuration says so, as Vagrant does for machines that it made. */
  readonly checkHostKey: boolean;
  readonly proxyCommand?: string;
}

const text = z.union([z.string(), z.array(z.string()).transform((all) => all[0])]);
const list = z.union([z.string().transform((one) => [one]), z.array(z.string())]);
const section = z.looseObject({
  HostName: text.optional(),
  Port: z.coerce.number().int().min(1).max(65535).default(22),
  User: text.optional(),
  IdentityFile: list.default([]),
  StrictHostKeyChecking: text.optional(),
  ProxyCommand: text.optional(),
});

/** Reads what `vagrant ssh-config` prints: one section for each machine. Throws `target` for a section without a host. */
export function parseSshConfig(config: string): readonly SshHost[] {
  const parsed = SSHConfig.parse(config);
  return parsed
    .flatMap((line) =>
      'param' in line && line.param === 'Host' && typeof line.value === 'string' ? [line.value] : [],
    )
    .map((name) => {
      const read = section.safeParse(parsed.compute(name));
      if (!read.success || read.data.HostName === undefined) throw unreadable(name, config);
      const { HostName, Port, User, IdentityFile, StrictHostKeyChecking, ProxyCommand } = read.data;
      return {
        name,
        host: HostName,
        port: Port,
        user: User ?? 'vagrant',
        identityFiles: IdentityFile,
        checkHostKey: StrictHostKeyChecking !== 'no',
        ...(ProxyCommand === undefined ? {} : { proxyCommand: ProxyCommand }),
      };
    });
}

function unreadable(name: string, config: string): LabError {
  return new LabError(`vagrant ssh-config says nothing usable of ${name}`, {
    code: 'target',
    hint: `run \`vagrant ssh-config ${name}\` and look at its HostName and Port`,
    details: { config },
  });
}
