import { quoteWord } from '../quote-word.js';
import { type ClientCall, type ClientExit, runClient } from './client.js';
import type { Pod } from './reference.js';

/** Milliseconds for what a cluster answers at once. */
const askMs = 60_000;

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
