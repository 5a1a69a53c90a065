import { readdir, readFile, readlink } from 'node:fs/promises';
import { expect } from 'chai';
import { analyzeCore } from '../../lab/analysis/analyze-core.js';
import type { Diagnosis } from '../../lab/analysis/model/diagnosis.js';
import { gcore } from '../../lab/capture/gcore.js';
import { captureHelper } from '../../lab/capture/helper/method.js';
import { poll } from '../../lab/deadline.js';
import { compareDiagnoses } from '../../lab/kit/same-diagnosis.js';
import { slimCore } from '../../lab/kit/slim-core.js';
import { localTarget } from '../../lab/targets/local.js';
import { findDelve } from '../../lab/toolchain/index.js';
import { goroutines, stacks } from '../as-debuggers-show.js';
import { sparseGdb } from '../sparse-gdb.js';
import type { TempFolder } from '../temp-folder.js';

const { signal } = new AbortController();
const silent = () => undefined;

export interface CoresOfOne {
  readonly exe: string;
  /** A Delve that reads them. */
  readonly delve: string;
  readonly whole: string;
  /** As the helper takes it by itself. */
  readonly helped: string;
  /** Those without data. */
  readonly slim: readonly string[];
}

/**
 * Cores of one process at one moment: the whole one by gdb, the helper's, what the helper writes with `--slim`, and what the lab makes of
 * that, unless the program `canSlim` not. The process stands still from the first on, and is to be ended by the caller.
 */
export async function coresOfOne(
  pid: number,
  goVersion: string,
  folder: TempFolder,
  { canSlim = true } = {},
): Promise<CoresOfOne> {
  const found = await findDelve({ goVersion, install: false }, signal);
  if (found === undefined) throw new Error(`no Delve reads ${goVersion}`);
  await stopOutsideOfHandlers(pid);
  const exe = await readlink(`/proc/${pid}/exe`);
  const [whole, helped] = [folder.file('whole'), folder.file('helped')];
  const [scrubbed, slimmed] = [folder.file('scrubbed'), folder.file('slimmed')];
  const request = { target: localTarget(), pid, goVersion };
  await gcore.capture({ ...request, target: await sparseGdb(), file: whole }, signal);
  await captureHelper().capture({ ...request, file: helped }, signal);
  const without = await captureHelper({ slim: true }).capture({ ...request, file: scrubbed }, signal);
  expect(without.isScrubbed).to.equal(true);
  const delve = found.path;
  if (canSlim) await slimCore({ exe, core: scrubbed, out: slimmed, delve }, signal);
  return { exe, delve, whole, helped, slim: canSlim ? [scrubbed, slimmed] : [scrubbed] };
}

/** SIGURG, by which the runtime preempts, in a mask of signals. */
const preemption = 1n << 22n;

/**
 * Until every thread stands still, none of them where it has just been sent to handle a signal: there it blocks others.
 * A loop that is stopped so is often about to be preempted, and its stack is read less well.
 */
async function stopOutsideOfHandlers(pid: number): Promise<void> {
  const states = async () => {
    const ids = await readdir(`/proc/${pid}/task`);
    const texts = await Promise.all(ids.map((id) => readFile(`/proc/${pid}/task/${id}/status`, 'utf8')));
    return texts.map((text) => ({
      stands: /^State:\s+T/m.test(text),
      handles: (BigInt(`0x${/^SigBlk:\s+(\w+)/m.exec(text)?.[1]}`) & preemption) !== 0n,
    }));
  };
  const poller = async () => {
    process.kill(pid, 'SIGSTOP');
    const now = await states();
    if (!now.every(({ stands }) => stands)) return undefined;
    if (now.every(({ handles }) => !handles)) return true;
    process.kill(pid, 'SIGCONT');
    return undefined;
  };
  expect(await poll(poller, { signal, deadlineMs: 10_000, everyMs: 5 })).to.equal(true);
}

/** gdb's threads and Delve's goroutines, with their stacks, in the helper's core and in gdb's own. */
export async function expectSameInDebuggers(
  { exe, delve, whole, helped }: CoresOfOne,
  folder: TempFolder,
): Promise<void> {
  const [theirs, ours] = await Promise.all(
    [whole, helped].map(async (core) => {
      return { threads: await stacks(exe, core), goroutines: await goroutines(delve, exe, core, folder) };
    }),
  );
  expect(Object.keys(theirs?.threads ?? {})).not.to.be.empty;
  expect(theirs?.goroutines).to.match(/\[\d+ goroutines\]/);
  expect(ours).to.deep.equal(theirs);
}

/** Returns the diagnosis of the whole one. */
export async function expectSameOfAll(
  { exe, delve, whole, slim }: CoresOfOne,
  sources: {
    readonly sourceMap?: readonly { readonly from: string; readonly to: string }[];
    readonly goRoot?: string | undefined;
  } = {},
): Promise<Diagnosis> {
  // gdb notes no arguments of a command.
  const diagnose = async (core: string): Promise<Diagnosis> => {
    const { limits, ...rest } = await analyzeCore({ exe, core, delve, ...sources }, silent, signal);
    return {
      ...rest,
      limits: limits.map((limit) => limit.replace(/(?<=, command [^\s,]+)(?: [^,]+)(?=, process)/, '')),
    };
  };
  const [of, ...others] = await Promise.all([diagnose(whole), ...slim.map(diagnose)]);
  for (const [i, other] of others.entries()) {
    const core = slim[i] ?? '';
    const { differences } = compareDiagnoses(of, other);
    const path = (differences[0] ?? '').replace(/\.variables\..*/, '.variables');
    expect(differences, `${core}: ${at(of, path)} is ${at(other, path)}`).to.deep.equal([]);
  }
  return of;
}

/** What a path of a comparison leads to. */
function at(value: unknown, path: string): string {
  const found = path
    .split('.')
    .reduce((in_: unknown, key) => (in_ instanceof Object ? Reflect.get(in_, key) : undefined), value);
  return JSON.stringify(found) ?? 'nothing';
}
