import { LabError } from '../errors.js';
import { runClient } from './client.js';
import { askMs, type EngineContainer } from './engine-facts.js';

/**
 * Root with SYS_PTRACE, beside the process, was not let in. What is left to forbid it are rules of the machine, each with
 * its line; `said` is the kernel's or the helper's reason.
 */
export async function engineRefused(
  { client, name }: EngineContainer,
  said: string,
  cause: LabError,
): Promise<LabError> {
  const about = await securityOf(client);
  const [why, hint] =
    rules.find(({ when }) => when(about, said))?.tell(client, name) ??
    (['it needs SYS_PTRACE there', grantPtrace(client, name)] as const);
  return new LabError(`the memory of ${name} may not be read: ${said}; ${why}`, {
    code: 'missing-permission',
    hint,
    cause,
  });
}

/** The line for an engine that gives a helper container no rights, or none at all. */
export const grantPtrace = (client: string, name: string): string =>
  `start ${name} with what lets it be read: ${client} run --cap-add SYS_PTRACE --security-opt seccomp=unconfined ...`;

interface Rule {
  readonly when: (about: string, said: string) => boolean;
  readonly tell: (client: string, name: string) => readonly [why: string, hint: string];
}

const rules: readonly Rule[] = [
  {
    when: (_, said) => /ptrace_scope|yama/i.test(said),
    tell: () => [
      'the kernel of that machine forbids it',
      'on that machine: sudo sysctl kernel.yama.ptrace_scope=0',
    ],
  },
  {
    when: (about) => /rootless/i.test(about),
    tell: (client, name) => [
      'the engine runs without root, and the process belongs to a user that it may not act for',
      `let root's engine run it: sudo ${client} run ...; or run ${name} as the user of the engine`,
    ],
  },
  {
    when: (about) => /selinux/i.test(about),
    tell: () => ['SELinux may forbid it', 'on that machine: sudo setsebool deny_ptrace off'],
  },
];

/** What the engine says of its own confinement, as words: `rootless`, `selinux`, `seccomp`, `apparmor`. */
async function securityOf(client: EngineContainer['client']): Promise<string> {
  const format = client === 'docker' ? '{{json .SecurityOptions}}' : '{{json .Host.Security}}';
  const { stdout } = await runClient({
    ...{ client, args: ['info', '--format', format], timeoutMs: askMs },
    signal: new AbortController().signal,
  }).catch(() => ({ stdout: '' }));
  if (client === 'docker') return stdout;
  return [
    ...(/"rootless":\s*true/.test(stdout) ? ['rootless'] : []),
    ...(/"selinuxEnabled":\s*true/.test(stdout) ? ['selinux'] : []),
  ].join(' ');
}
