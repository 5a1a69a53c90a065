import { randomBytes } from 'node:crypto';
import { LabError, messageOf } from '../errors.js';
import { debugContainerPlace, defaultDebugImage } from './debug-container.js';
import { helperInside, type Inside } from './inside-pod.js';
import type { Bringing, Place } from './place.js';
import { callsOf, contextsThere } from './pod-calls.js';
import { readPod, runningContainer } from './pod-facts.js';
import { type PodReference, podOf } from './reference.js';

export interface PodBringing extends Bringing {
  readonly debugImage?: string | undefined;
}

/**
 * Brings the helper to a container of a pod: by a debug container beside it, or into it where the cluster allows none and
 * its image has a shell. Throws with what both were refused for.
 */
export async function openPod(
  reference: PodReference,
  { helperFor, note, debugImage }: PodBringing,
  signal: AbortSignal,
): Promise<Place> {
  const pod = podOf(reference, await contextsThere(signal));
  const calls = callsOf(pod);
  const facts = await readPod(calls, signal);
  const container = runningContainer(calls, facts);
  const runtime = facts.spec.runtimeClassName;
  const grant =
    runtime !== undefined && /gvisor|runsc|kata/i.test(runtime)
      ? `leave out runtimeClassName: ${runtime} in the pod, or allow SYS_PTRACE in it`
      : 'allow SYS_PTRACE there: securityContext: { capabilities: { add: [SYS_PTRACE] } } in the container of the pod';
  const inside: Inside = { calls, container, node: facts.spec.nodeName, helperFor, note, grant };
  try {
    return await debugContainerPlace({ ...inside, image: debugImage ?? defaultDebugImage }, signal);
  } catch (error) {
    if (signal.aborted || !isRefusal(error)) throw error;
    note(
      `no debug container can be put beside ${container} (${messageOf(error)}): the helper is brought into it`,
    );
    return await intoService(inside, error, signal);
  }
}

/** Rights in the cluster, its rules for pods, and images that cannot be pulled. */
const isRefusal = (error: unknown): error is LabError =>
  error instanceof LabError && (error.code === 'missing-permission' || error.code === 'target');

async function intoService(inside: Inside, first: LabError, signal: AbortSignal): Promise<Place> {
  const token = randomBytes(5).toString('hex');
  try {
    return await helperInside({ ...inside, into: inside.container, token }, signal);
  } catch (error) {
    if (signal.aborted || !isRefusal(error)) throw error;
    throw new LabError(
      `the helper comes neither beside ${inside.container} nor into it: ${first.message}; ${messageOf(error)}`,
      { code: first.code, ...(first.hint === undefined ? {} : { hint: first.hint }), cause: error },
    );
  }
}
