import { z } from 'zod';
import { LabError } from '../errors.js';
import type { PodCalls } from './pod-calls.js';
import { podComplaint } from './pod-complaints.js';

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
