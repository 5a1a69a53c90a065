import { z } from 'zod';
import { parseEvent } from '../capture/helper/events.js';
import { LabError } from '../errors.js';
import { printable } from '../printable.js';
import { architectureOf } from './architecture.js';
import { type ClientExit, runClient } from './client.js';
import type { Architecture } from './place.js';
import type { EngineReference } from './reference.js';

/** Of `inspect`, what docker and podman both tell, and each alone. */
const inspectSchema = z.object({
  Id: z.string().regex(/^[0-9a-f]{12,64}$/),
  State: z.object({
    Running: z.boolean(),
    Paused: z.boolean().default(false),
    Status: z.string().default(''),
  }),
  AppArmorProfile: z.string().default(''),
  OCIRuntime: z.string().optional(),
  HostConfig: z.object({ Runtime: z.string().optional(), UsernsMode: z.string().optional() }).default({}),
});

export interface EngineContainer {
  readonly client: EngineReference['kind'];
  readonly name: string;
  readonly id: string;
  /** The engine's confinement by AppArmor, empty where there is none. */
  readonly appArmor: string;
  /** For example `runc`, `runsc`. */
  readonly runtime: string;
  /** Of its user namespace: empty as the engine's, or `host`, `private`. */
  readonly userNamespace: string;
  readonly architecture: Architecture;
}

/** Milliseconds for what an engine answers at once. */
export const askMs = 60_000;

/** What the engine knows of a container. Throws `target` when it does not run, and what keeps from the engine. */
export async function inspectContainer(
  { kind: client, name }: EngineReference,
  signal: AbortSignal,
): Promise<EngineContainer> {
  const ask = async (...args: readonly string[]) => {
    const result = await runClient({ client, args, signal, timeoutMs: askMs });
    if (result.exitCode !== 0) throw complaint(client, name, result);
    return result.stdout;
  };
  const told = parsed(await ask('inspect', '--type', 'container', name));
  if (told === undefined) {
    throw new LabError(`${client} inspect says of ${name} what the lab does not understand`, {
      code: 'target',
      hint: `look at it: ${client} inspect ${name}`,
    });
  }
  requireRunning(client, name, told.State);
  const machine =
    client === 'docker'
      ? await ask('version', '--format', '{{.Server.Os}}/{{.Server.Arch}}')
      : await ask('info', '--format', '{{.Host.OS}}/{{.Host.Arch}}');
  return {
    client,
    name,
    id: told.Id,
    appArmor: told.AppArmorProfile,
    runtime: told.OCIRuntime ?? told.HostConfig.Runtime ?? '',
    userNamespace: told.HostConfig.UsernsMode ?? '',
    architecture: architectureOf(machine, `the container ${name}`),
  };
}

function parsed(text: string): z.infer<typeof inspectSchema> | undefined {
  try {
    return z.array(inspectSchema).length(1).safeParse(JSON.parse(text)).data?.[0];
  } catch {
    return undefined;
  }
}

function requireRunning(
  client: string,
  name: string,
  { Running, Paused, Status }: z.infer<typeof inspectSchema>['State'],
): void {
  if (Paused || Status === 'paused') {
    throw new LabError(
      `the container ${name} is paused: its processes stand still until the engine lets them go on`,
      {
        code: 'target',
        hint: `${client} unpause ${name}`,
      },
    );
  }
  if (Running && Status !== 'restarting') return;
  throw new LabError(`the container ${name} does not run${Status === '' ? '' : `: it is ${Status}`}`, {
    code: 'target',
    hint: `see what runs: ${client} ps --all`,
  });
}

interface Complaint {
  readonly pattern: RegExp;
  readonly error: (client: EngineReference['kind'], name: string, said: string) => LabError;
}

/** What the clients say, docker 20 to 28 and podman 3 to 5, and what a person can do about it. */
const complaints: readonly Complaint[] = [
  {
    pattern: /no such container|no container with name or ID/i,
    error: (client, name) =>
      new LabError(`${client} knows no container ${name}`, {
        code: 'target',
        hint:
          client === 'podman'
            ? 'see what runs: podman ps; containers of root: sudo podman ps'
            : `see what runs: ${client} ps`,
      }),
  },
  {
    pattern: /permission denied while trying to connect|permission denied.*(docker|podman)\.sock/i,
    error: (client, _, said) =>
      new LabError(`this user may not talk to ${client}: ${said}`, {
        code: 'missing-permission',
        hint: 'run the same command with sudo, or join the group and log in again: sudo usermod -aG docker "$USER"',
      }),
  },
  {
    pattern:
      /cannot connect to (the docker daemon|podman)|failed to connect to the docker API|error during connect|unable to connect to podman/i,
    error: (client, _, said) =>
      new LabError(`${client} does not reach its engine: ${said}`, {
        code: 'target',
        hint:
          client === 'docker'
            ? 'start it: sudo systemctl start docker; or choose another one: docker context ls'
            : 'start it: podman machine start; or choose another one: podman system connection list',
      }),
  },
];

/** The error of a client that failed, by what it said. */
export function complaint(
  client: EngineReference['kind'],
  name: string,
  { argv, stderr, exitCode, timedOut }: ClientExit,
): LabError {
  const said = reasonIn(stderr);
  const known = complaints.find(({ pattern }) => pattern.test(stderr));
  if (known !== undefined) return known.error(client, name, said);
  const why = timedOut ? 'it did not answer in time' : said || `exit code ${exitCode}`;
  return new LabError(`${argv.slice(0, 2).join(' ')} failed: ${why}`, {
    code: 'target',
    hint: `look whether the engine works: ${client} info`,
    details: { argv: [...argv], stderr },
  });
}

/** The last line that a client said itself, without what it puts before it, and without what the helper says. */
export function reasonIn(stderr: string): string {
  const lines = stderr
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && parseEvent(line) === undefined && !/^(See|Run) '/.test(line));
  const last = lines.filter((line) => !/level=warning|^WARN(ING)?\b/.test(line)).at(-1) ?? lines.at(-1) ?? '';
  return printable(last.replace(/^(docker: )?(Error( response from daemon)?: )+/i, '')).slice(0, 600);
}
