import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { poll } from '../deadline.js';
import { LabError } from '../errors.js';
import { helperInside, type Inside } from './inside-pod.js';
import type { Place } from './place.js';
import type { PodCalls } from './pod-calls.js';
import { podComplaint } from './pod-complaints.js';
import { readPod } from './pod-facts.js';
import { endScript, helperName, waitScript } from './shell-upload.js';

/** Small, public, of all architectures, and with the shell that the helper is brought by. */
export const defaultDebugImage = 'busybox:stable';

const startMs = 180_000;
const endMs = 10_000;

/** Root, whatever the pod's own user is, with the one capability that reading memory takes. */
const rights = {
  securityContext: {
    runAsUser: 0,
    runAsGroup: 0,
    runAsNonRoot: false,
    capabilities: { add: ['SYS_PTRACE'] },
  },
};

export interface DebugContainer extends Inside {
  readonly image: string;
}

/**
 * An ephemeral container in the pod that shares the table of processes of the service's container, so that nothing is needed
 * in its image and nothing put there. It ends with the place; its entry stays in the pod, as Kubernetes knows no way to
 * remove it. Throws what the cluster refuses.
 */
export async function debugContainerPlace(
  { image, ...inside }: DebugContainer,
  signal: AbortSignal,
): Promise<Place> {
  const { calls, container, note } = inside;
  const token = randomBytes(5).toString('hex');
  const name = `lab-capture-${token}`;
  await startContainer({ calls, container, image, name, file: helperName(token) }, signal);
  note(`the debug container ${name} was added to the pod ${calls.pod.pod}: it ends, and stays listed there`);
  try {
    await untilRunning(calls, name, image, signal);
    return await helperInside({ ...inside, into: name, token }, signal);
  } catch (error) {
    // One that does not run yet cannot be told: it ends when nobody uses it.
    await calls
      .kubectl({
        args: ['exec', calls.pod.pod, `--container=${name}`, '--', 'sh', '-c', endScript, helperName(token)],
        signal: new AbortController().signal,
        timeoutMs: endMs,
      })
      .catch(() => undefined);
    throw error;
  }
}

interface Start {
  readonly calls: PodCalls;
  readonly container: string;
  readonly image: string;
  readonly name: string;
  readonly file: string;
}

async function startContainer(
  { calls, container, image, name, file }: Start,
  signal: AbortSignal,
): Promise<void> {
  const custom = join(tmpdir(), `${name}.json`);
  const debug = async (...more: readonly string[]) =>
    await calls.kubectl({
      args: [
        ...['debug', calls.pod.pod, `--image=${image}`, `--target=${container}`, `--container=${name}`],
        ...['--profile=general', '--image-pull-policy=IfNotPresent', '--attach=false', '--quiet', ...more],
        ...['--', 'sh', '-c', waitScript, file],
      ],
      signal,
    });
  try {
    await writeFile(custom, JSON.stringify(rights), { flag: 'wx', mode: 0o600 });
    let added = await debug(`--custom=${custom}`);
    // Of before 1.31, and of before 1.27: the user is then that of the image or of the pod.
    if (isUnknown(added.stderr, '--custom')) added = await debug();
    if (isUnknown(added.stderr, '--profile')) throw tooOld();
    if (added.exitCode !== 0) throw podComplaint(calls, added);
  } finally {
    await rm(custom, { force: true });
  }
}

const isUnknown = (stderr: string, flag: string): boolean => stderr.includes(`unknown flag: ${flag}`);

function tooOld(): LabError {
  return new LabError('this kubectl is older than 1.27: it gives a debug container no right to read memory', {
    code: 'missing-tool',
    hint: 'install a newer one: https://kubernetes.io/docs/tasks/tools/',
  });
}

/** Reasons for which it will not begin by itself (kubelet, pkg/kubelet/images and container). */
const stuck =
  /^(ErrImagePull|ImagePullBackOff|ErrImageNeverPull|InvalidImageName|CreateContainer(Config)?Error|RunContainerError)$/;

async function untilRunning(
  calls: PodCalls,
  name: string,
  image: string,
  signal: AbortSignal,
): Promise<void> {
  const look = async (): Promise<true | undefined> => {
    const { status } = await readPod(calls, signal);
    const state = status.ephemeralContainerStatuses.find((one) => one.name === name)?.state;
    if (state?.running !== undefined) return true;
    const { reason = '', message = '' } = state?.waiting ?? state?.terminated ?? {};
    if (state?.terminated === undefined && !stuck.test(reason)) return undefined;
    const isImage = /Image|Pull/.test(reason) || /executable file not found/.test(message);
    throw new LabError(
      `the debug container does not start: ${reason}${message === '' ? '' : `: ${message}`}`,
      {
        code: 'target',
        hint: isImage
          ? `name an image with a shell that the node may pull, in place of ${image}: --debug-image IMAGE`
          : `see why: ${calls.typed('describe', 'pod', calls.pod.pod)}`,
      },
    );
  };
  if ((await poll(look, { signal, deadlineMs: startMs, everyMs: 500 })) === true) return;
  throw new LabError(`the debug container did not start within ${startMs / 1000} seconds`, {
    code: 'target',
    hint: `see why: ${calls.typed('describe', 'pod', calls.pod.pod)}`,
  });
}
