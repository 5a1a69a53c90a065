import { readFile } from 'node:fs/promises';
import { LabError } from '../errors.js';
import { architectureOf } from './architecture.js';
import { streamClient } from './client.js';
import type { Bringing, Place } from './place.js';
import type { PodCalls } from './pod-calls.js';
import { podComplaint } from './pod-complaints.js';
import { readProcesses } from './processes.js';
import { endScript, helperName, uploadFolders, uploadScript } from './shell-upload.js';

const uploadMs = 10 * 60_000;
const removeMs = 30_000;

export interface Inside extends Pick<Bringing, 'helperFor' | 'note'> {
  readonly calls: PodCalls;
  /** Of the service. */
  readonly container: string;
  /** Of the node the pod runs on; empty where it is not known. */
  readonly node: string;
  /** The line that lets it be read. */
  readonly grant: string;
}

/**
 * The helper in a container of the pod that has a shell, put there through its stdin and taken away at the end. Throws what
 * keeps from it.
 */
export async function helperInside(
  {
    calls,
    container,
    into,
    token,
    node,
    helperFor,
    note,
    grant,
  }: Inside & { readonly into: string; readonly token: string },
  signal: AbortSignal,
): Promise<Place> {
  const { pod } = calls.pod;
  const exec = (...command: readonly string[]) => ['exec', pod, `--container=${into}`, '--', ...command];
  const architecture = await architectureThere(calls, node, exec('sh', '-c', 'uname -m'), signal);
  const helper = await helperFor(architecture, signal);
  const name = helperName(token);
  let file: string | undefined;
  const where = `the pod ${pod}`;
  const isDebug = into !== container;
  const leave = async (): Promise<void> => {
    // Of one whose upload was ended it is not known how far that came.
    const paths = file === undefined ? uploadFolders.map((dir) => `${dir}/${name}`) : [file];
    const args = isDebug ? exec('sh', '-c', endScript, name) : exec('rm', '-f', ...paths);
    const gone = await calls
      .kubectl({ args, signal: new AbortController().signal, timeoutMs: removeMs })
      .catch(() => undefined);
    // A debug container ends by itself, with all that is in it.
    if (gone?.exitCode === 0 || isDebug || file === undefined) return;
    note(`the capture helper could not be removed from ${where}: ${calls.typed(...args)}`);
  };
  try {
    const put = await calls.kubectl({
      args: ['exec', pod, `--container=${into}`, '--stdin', '--', 'sh', '-c', uploadScript, name],
      input: await readFile(helper),
      signal,
      timeoutMs: uploadMs,
    });
    if (put.exitCode !== 0) throw podComplaint(calls, put);
    file = put.stdout.trim();
    const listed = await calls.kubectl({ args: exec(file, 'list'), signal });
    if (listed.exitCode !== 0) throw podComplaint(calls, listed);
    const there = file;
    return {
      where,
      grant,
      processes: readProcesses(listed.stdout, file),
      run: async (call, read) =>
        await streamClient(
          { ...call, client: 'kubectl', args: calls.args(...exec(there, ...call.args)) },
          read,
        ),
      widen: () => false,
      refused: async (said, cause) =>
        new LabError(`the memory of ${where} may not be read: ${said}`, {
          code: 'missing-permission',
          hint: grant,
          cause,
        }),
      [Symbol.asyncDispose]: leave,
    };
  } catch (error) {
    await leave();
    throw error;
  }
}

/** Of the node, where it may be asked for; of the container otherwise. */
async function architectureThere(
  calls: PodCalls,
  node: string,
  uname: readonly string[],
  signal: AbortSignal,
) {
  const where = `the node ${node}`;
  const asked = await calls.kubectl({
    args: [
      'get',
      'node',
      node,
      '--output=jsonpath={.status.nodeInfo.operatingSystem}/{.status.nodeInfo.architecture}',
    ],
    signal,
  });
  if (asked.exitCode === 0 && asked.stdout !== '/') return architectureOf(asked.stdout, where);
  const told = await calls.kubectl({ args: uname, signal });
  if (told.exitCode !== 0) throw podComplaint(calls, told);
  return architectureOf(told.stdout, where);
}
