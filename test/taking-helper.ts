import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { execa } from 'execa';
import { extract } from 'tar-stream';
import { outcomeOf, type Taken } from '../lab/capture/helper/events.js';
import { LabError } from '../lab/errors.js';
import { ensureCaptureHelper } from '../lab/toolchain/capture-helper.js';

const { signal } = new AbortController();

/** Path of the helper that takes cores, for this machine. */
export async function takingHelper(): Promise<string> {
  return (await ensureCaptureHelper({ architecture: 'amd64' }, signal)).path;
}

export interface Run {
  readonly exitCode: number | undefined;
  /** What it says it did, or why not; `undefined` when it was ended before. */
  readonly outcome: Taken | LabError | undefined;
  readonly stderr: string;
}

/** Runs it to its end; `wrapped` is a command that runs the one behind it, for example `prlimit --fsize=9`. */
export async function runHelper(args: readonly string[], wrapped: readonly string[] = []): Promise<Run> {
  const [file = '', ...rest] = [...wrapped, await takingHelper(), ...args];
  const { exitCode, stderr } = await execa(file, rest, { reject: false, stdout: 'ignore' });
  return { exitCode, outcome: outcomeOf(stderr), stderr };
}

/** Takes a core, and throws where there is none. */
export async function take(pid: number, core: string, ...more: readonly string[]): Promise<Taken> {
  const { outcome, stderr } = await runHelper(['core', '--pid', String(pid), '--core', core, ...more]);
  if (outcome === undefined || outcome instanceof LabError) throw outcome ?? new Error(stderr);
  return outcome;
}

/** Takes a core as a stream, and puts what is in it where `place` says. */
export async function takeStream(
  pid: number,
  place: (name: string) => string,
  ...more: readonly string[]
): Promise<Taken> {
  const args = ['core', '--pid', String(pid), '--core', '-', ...more];
  const child = spawn(await takingHelper(), args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const entries = extract();
  const unpacking = (async () => {
    for await (const entry of entries) await pipeline(entry, createWriteStream(place(entry.header.name)));
  })();
  await pipeline(child.stdout, createGunzip(), entries);
  await unpacking;
  const outcome = outcomeOf(said);
  if (outcome === undefined || outcome instanceof LabError) throw outcome ?? new Error(said);
  return outcome;
}
