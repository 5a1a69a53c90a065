import { z } from 'zod';
import { LabError } from '../errors.js';
import { quoteWord } from '../quote-word.js';
import { type ClientCall, type ClientExit, runClient } from './client.js';
import { reasonIn } from './engine-facts.js';
import type { Pod } from './reference.js';

/** Milliseconds for what a cluster answers at once. */
const askMs = 60_000;

const stateSchema = z.object({
  running: z.unknown().optional(),
  waiting: z.object({ reason: z.string().default(''), message: z.string().default('') }).optional(),
  terminated: z.object({ reason: z.string().default(''), message: z.string().default('') }).optional(),
});

const statusesSchema = z.array(z.object({ name: z.string(), state: stateSchema.default({}) })).default([]);

/** Of `kubectl get pod -o json`. */
const podSchema = z.object({
  metadata: z.object({
    annotations: z.record(z.string(), z.string()).default({}),
  }),
  spec: z.object({
    nodeName: z.string().default(''),
    runtimeClassName: z.string().optional(),
    containers: z.array(z.object({ name: z.string() })).min(1),
  }),
  status: z.object({
    phase: z.string().default(''),
    reason: z.string().default(''),
    containerStatuses: statusesSchema,
    initContainerStatuses: statusesSchema,
    ephemeralContainerStatuses: statusesSchema,
  }),
});

export type PodFacts = z.infer<typeof podSchema>;
export type ContainerState = z.infer<typeof stateSchema>;

/** A pod as kubectl reaches it, with the words that name it on a command line. */
export interface PodCalls {
  readonly pod: Pod;
  /** Runs kubectl on the pod's context and namespace; `args` come after these. */
  readonly kubectl: (call: Omit<ClientCall, 'client'>) => Promise<ClientExit & { readonly stdout: string }>;
  readonly args: (...args: readonly string[]) => readonly string[];
  /** The same as a person types it. */
  readonly typed: (...args: readonly string[]) => string;
}

export function callsOf(pod: Pod): PodCalls {
  const global = [
    ...(pod.context === undefined ? [] : [`--context=${pod.context}`]),
    `--namespace=${pod.namespace}`,
  ];
  const args = (...rest: readonly string[]) => [...global, ...rest];
  return {
    pod,
    args,
    kubectl: async (call) =>
      await runClient({ timeoutMs: askMs, ...call, client: 'kubectl', args: args(...call.args) }),
    typed: (...rest) =>
      `kubectl ${args(...rest)
        .map(quoteWord)
        .join(' ')}`,
  };
}

/** The contexts of the user's configuration; none where it cannot be read, which the next call tells. */
export async function contextsThere(signal: AbortSignal): Promise<readonly string[]> {
  const { exitCode, stdout } = await runClient({
    ...{ client: 'kubectl', args: ['config', 'get-contexts', '--output=name'], signal, timeoutMs: askMs },
  });
  return exitCode === 0 ? stdout.split('\n').filter((line) => line !== '') : [];
}

/** What the cluster knows of the pod. Throws what keeps from it. */
export async function readPod(calls: PodCalls, signal: AbortSignal): Promise<PodFacts> {
  const got = await calls.kubectl({ args: ['get', 'pod', calls.pod.pod, '--output=json'], signal });
  if (got.exitCode !== 0) throw podComplaint(calls, got);
  try {
    return podSchema.parse(JSON.parse(got.stdout));
  } catch (cause) {
    throw new LabError(`kubectl says of the pod ${calls.pod.pod} what the lab does not understand`, {
      code: 'target',
      hint: `look at it: ${calls.typed('get', 'pod', calls.pod.pod, '--output=json')}`,
      cause,
    });
  }
}

/** The container that is meant, which has to run: the named one, the annotated default, or the first, as kubectl chooses. */
export function runningContainer({ pod, typed }: PodCalls, { metadata, spec, status }: PodFacts): string {
  const names = spec.containers.map(({ name }) => name);
  const annotated = metadata.annotations['kubectl.kubernetes.io/default-container'];
  const name =
    pod.container ?? (annotated !== undefined && names.includes(annotated) ? annotated : names[0]) ?? '';
  const all = [
    ...status.containerStatuses,
    ...status.initContainerStatuses,
    ...status.ephemeralContainerStatuses,
  ];
  const found = all.find((one) => one.name === name);
  if (found === undefined && !names.includes(name)) {
    throw new LabError(`the pod ${pod.pod} has no container ${name}: it has ${names.join(', ')}`, {
      code: 'target',
      hint: `name one of them: kubectl://${[pod.context, pod.namespace, pod.pod, names[0]].filter((one) => one !== undefined).join('/')}`,
    });
  }
  if (found?.state.running !== undefined) return name;
  const { waiting, terminated } = found?.state ?? {};
  const why = waiting?.reason || terminated?.reason || status.reason || status.phase || 'unknown';
  throw new LabError(`the container ${name} of the pod ${pod.pod} does not run: ${why}`, {
    code: 'target',
    hint: `see why: ${typed('describe', 'pod', pod.pod)}`,
  });
}

interface Complaint {
  readonly pattern: RegExp;
  readonly error: (calls: PodCalls, said: string, match: RegExpExecArray) => LabError;
}

const complaints: readonly Complaint[] = [
  {
    // The server's own sentence (apiserver, pkg/endpoints/handlers/responsewriters/errors.go).
    pattern: /User "(.+)" cannot (\w+) resource "([^"]+)"/,
    error: (calls, said, [, user = '', verb = '', resource = '']) =>
      new LabError(`the cluster does not allow it: ${said}`, {
        code: 'missing-permission',
        hint: grantRole(calls, user, verb, resource),
      }),
  },
  {
    pattern: /\(NotFound\)|not found$/m,
    error: ({ typed }, said) =>
      new LabError(`the cluster does not know it: ${said}`, {
        code: 'target',
        hint: `see what runs: ${typed('get', 'pods')}`,
      }),
  },
  {
    pattern: /context "?.*"? does not exist|no context exists/,
    error: (_, said) =>
      new LabError(`kubectl: ${said}`, {
        code: 'usage',
        hint: 'choose one of those that it prints: kubectl config get-contexts -o name',
      }),
  },
  {
    pattern: /\(Unauthorized\)|must be logged in|getting credentials/,
    error: (_, said) =>
      new LabError(`the cluster does not know who asks: ${said}`, {
        code: 'missing-permission',
        hint: 'log in again as for any kubectl, and try it: kubectl auth whoami',
      }),
  },
  {
    pattern:
      /connection to the server .* refused|unable to connect to the server|no such host|i\/o timeout|TLS handshake|was refused - did you specify/i,
    error: (_, said) =>
      new LabError(`kubectl does not reach the cluster: ${said}`, {
        code: 'target',
        hint: 'look whether it answers, and which one is meant: kubectl cluster-info',
      }),
  },
];

/** The error of a kubectl that failed, by what it said. */
export function podComplaint(calls: PodCalls, exit: ClientExit): LabError {
  const said = podReason(exit.stderr);
  for (const { pattern, error } of complaints) {
    const match = pattern.exec(exit.stderr);
    if (match !== null) return error(calls, said, match);
  }
  const why = exit.timedOut ? 'it did not answer in time' : said || `exit code ${exit.exitCode}`;
  return new LabError(`kubectl failed: ${why}`, {
    code: 'target',
    hint: `look at the pod: ${calls.typed('describe', 'pod', calls.pod.pod)}`,
    details: { argv: [...exit.argv], stderr: exit.stderr },
  });
}

/** The last line of an error, without what kubectl puts before it, and how the command inside ended. */
export function podReason(stderr: string): string {
  const lines = stderr
    .split('\n')
    .filter((line) => !/^command terminated with exit code \d+$/.test(line.trim()));
  return reasonIn(lines.join('\n')).replace(/^(from server( \(\w+\))?: |Internal error occurred: )+/i, '');
}

/** One line for who administers the namespace: a role with what is missing, and the user in it. */
function grantRole({ pod, typed }: PodCalls, user: string, verb: string, resource: string): string {
  // Whoever may do one step lacks the next one as well.
  const needed = ['pods', 'pods/exec', 'pods/ephemeralcontainers'];
  const wanted = needed.includes(resource) ? needed : [resource];
  const verbs = [...new Set(needed.includes(resource) ? ['get', 'create', 'patch', verb] : [verb])];
  const [, account] = /^system:serviceaccount:([^:]+:[^:]+)$/.exec(user) ?? [];
  const subject = account === undefined ? `--user=${user}` : `--serviceaccount=${account}`;
  const role = typed(
    'create',
    'role',
    'lab-capture',
    `--verb=${verbs.join(',')}`,
    `--resource=${wanted.join(',')}`,
  );
  const binding = typed('create', 'rolebinding', 'lab-capture', '--role=lab-capture', subject);
  return `have an administrator of ${pod.namespace} run: ${role} && ${binding}`;
}
