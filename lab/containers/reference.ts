import { LabError } from '../errors.js';

/** A container of an engine that a client on this machine talks to. */
export interface EngineReference {
  readonly kind: 'docker' | 'podman';
  /** Name or id, as the engine knows it. */
  readonly name: string;
}

/** A pod, not yet told apart from the context: that needs the contexts there are. */
export interface PodReference {
  readonly kind: 'kubectl';
  /** What stands between the slashes, decoded: two to four parts, or more where the context has slashes of its own. */
  readonly parts: readonly string[];
}

export type ContainerReference = EngineReference | PodReference;

/** What `--target` begins with when it names a container. */
const containerTarget = /^(docker|podman|kubectl):\/\/(.*)$/s;

export const isContainerTarget = (target: string): boolean => containerTarget.test(target);

/** As engines allow it (moby, names/names.go); it begins with no hyphen, so that no client takes it for an option. */
const engineName = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/;

/**
 * Reads `docker://NAME`, `podman://NAME` or `kubectl://[CONTEXT/]NAMESPACE/POD[/CONTAINER]`. Throws `usage` for what
 * cannot be a name.
 */
export function parseContainerTarget(target: string): ContainerReference {
  const [, kind, rest = ''] = containerTarget.exec(target) ?? [];
  if (kind === 'docker' || kind === 'podman') {
    const name = rest.replace(/\/$/, '');
    if (engineName.test(name)) return { kind, name };
    throw refused(`${JSON.stringify(rest)} cannot be the name of a container`, `see what runs: ${kind} ps`);
  }
  if (kind === 'kubectl') {
    const parts = rest.split('/').map(decoded);
    if (parts.length >= 2 && parts.slice(1).every((part) => part !== '')) return { kind, parts };
    throw refused(
      `${target} names no pod: kubectl://[CONTEXT/]NAMESPACE/POD[/CONTAINER] is expected`,
      'see what runs: kubectl get pods --all-namespaces',
    );
  }
  throw refused(
    `${target} names no container`,
    'name one: docker://NAME, podman://NAME or kubectl://NAMESPACE/POD',
  );
}

/** A pod as kubectl is told of it; without a context the current one of the user's configuration is meant. */
export interface Pod {
  readonly context: string | undefined;
  readonly namespace: string;
  readonly pod: string;
  readonly container: string | undefined;
}

/** RFC 1123, as Kubernetes has it for namespaces and containers; names of pods may have dots. */
const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const podName = /^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/;

/**
 * Tells the context from the rest by the contexts that there are: `a/b/c` is the pod `b` in the context `a` where there
 * is such a context, and container `c` otherwise. An empty context, `kubectl:///NAMESPACE/...`, is the current one.
 * Throws `usage` for what cannot be a name.
 */
export function podOf({ parts }: PodReference, contexts: readonly string[]): Pod {
  for (const count of [parts.length - 2, parts.length - 3]) {
    const context = parts.slice(0, Math.max(0, count)).join('/');
    if (count > 0 && (contexts.includes(context) || (count === 1 && context === ''))) {
      return named(context === '' ? undefined : context, parts.slice(count));
    }
  }
  const [first = ''] = parts;
  if (parts.length <= 3 && label.test(first)) return named(undefined, parts);
  const context = parts.slice(0, parts.length > 3 ? -3 : -2).join('/');
  throw refused(
    `kubectl knows no context ${JSON.stringify(context)}`,
    'choose one of those that it prints: kubectl config get-contexts -o name',
  );
}

function named(context: string | undefined, [namespace = '', pod = '', container]: readonly string[]): Pod {
  const wrong = [
    ...(label.test(namespace) ? [] : [['a namespace', namespace] as const]),
    ...(podName.test(pod) ? [] : [['a pod', pod] as const]),
    ...(container === undefined || label.test(container) ? [] : [['a container', container] as const]),
  ][0];
  if (wrong !== undefined) {
    const [what, name] = wrong;
    throw refused(
      `${JSON.stringify(name)} cannot be the name of ${what}`,
      'see what runs: kubectl get pods --all-namespaces',
    );
  }
  return { context, namespace, pod, container };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function refused(message: string, hint: string): LabError {
  return new LabError(message, { code: 'usage', hint });
}
