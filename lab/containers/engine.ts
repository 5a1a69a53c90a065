import { LabError, messageOf } from '../errors.js';
import { copiedInPlace } from './copied-in.js';
import { type EngineContainer, inspectContainer } from './engine-facts.js';
import { grantPtrace } from './engine-rights.js';
import { owner, removeLeftInEngine } from './left-in-engine.js';
import type { Bringing, Place } from './place.js';
import type { EngineReference } from './reference.js';
import { throwAwayPlace } from './throw-away.js';

/** Runtimes whose containers have a kernel of their own, so that no other container can look into them. */
const sandboxes = /runsc|gvisor|kata|krun|firecracker|nabla/i;

/**
 * Brings the helper to a container of docker or podman: beside it, or into it where the engine refuses that. Throws with
 * what both were refused for.
 */
export async function openEngineContainer(
  reference: EngineReference,
  { helperFor, note }: Bringing,
  signal: AbortSignal,
): Promise<Place> {
  const container = await inspectContainer(reference, signal);
  await removeLeftInEngine(container.client, signal);
  const helper = await helperFor(container.architecture, signal);
  if (sandboxes.test(container.runtime)) {
    return await intoIt(container, `its runtime is ${container.runtime}`, { helper, note }, signal);
  }
  try {
    return await throwAwayPlace(container, { helper, note, owner: await owner() }, signal);
  } catch (error) {
    if (signal.aborted || !isRefusal(error)) throw error;
    const said = messageOf(error);
    note(`no container can be put beside ${container.name} (${said}): the helper is copied into it`);
    return await intoIt(container, said, { helper, note }, signal);
  }
}

/** What the engine forbids, not what keeps from it. */
const isRefusal = (error: unknown): boolean => error instanceof LabError && error.code === 'target';

async function intoIt(
  container: EngineContainer,
  why: string,
  bringing: { readonly helper: string; readonly note: (text: string) => void },
  signal: AbortSignal,
): Promise<Place> {
  try {
    return await copiedInPlace(container, bringing, signal);
  } catch (error) {
    if (signal.aborted || !isRefusal(error)) throw error;
    const { client, name, runtime } = container;
    const sandboxed = sandboxes.test(runtime);
    throw new LabError(`the helper comes neither beside ${name} nor into it: ${why}; ${messageOf(error)}`, {
      code: 'missing-permission',
      hint: sandboxed
        ? `run ${name} by a runtime that lets its processes be read: ${client} run --runtime runc ...`
        : `let ${client} run containers that share processes and have SYS_PTRACE, or ${grantPtrace(client, name)}`,
      cause: error,
    });
  }
}
