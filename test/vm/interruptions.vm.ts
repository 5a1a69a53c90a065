import { randomInt } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { pause } from '../../lab/deadline.js';
import { cacheFolder } from '../../lab/paths.js';
import type { LabResult } from '../lab-process.js';
import { follow } from './footprint.js';
import { labInVm } from './lab-in-vm.js';

const rounds = Number(process.env['LAB_VM_ROUNDS'] ?? 2);
const seed = Number(process.env['LAB_VM_SEED'] ?? randomInt(2 ** 31));
/** Seconds over which the interruptions are spread: a whole run's, or those of bringing the machine up. */
const span = Number(process.env['LAB_VM_SPAN'] ?? (rounds > 2 ? 120 : 45));

const signals = ['SIGINT', 'SIGTERM', 'SIGKILL'] as const;
/** What each of them ends the lab with; 0 when it was done before. */
const codes = { SIGINT: 130, SIGTERM: 130, SIGKILL: undefined } as const;

describe('a run in a VM that is interrupted', function () {
  this.timeout((rounds + 1) * 6 * 60_000);

  it(`leaves nothing behind, ${rounds} times (LAB_VM_SEED=${seed} LAB_VM_ROUNDS=${rounds})`, async () => {
    const random = randomFrom(seed);
    await using vm = await labInVm();
    for (let round = 1; round <= rounds; round++) {
      const [name = 'SIGINT'] = signals.slice(Math.floor(random() * signals.length));
      const afterMs = random() * span * 1_000;
      const lab = vm.start(['run', 'blog', '--target', 'vagrant']);
      const footprint = follow(lab, join(cacheFolder(), 'vm'));
      const stop = new AbortController();
      const ended = lab.ended.finally(() => stop.abort());
      await pause(afterMs, stop.signal).catch(() => undefined);
      const doing = stop.signal.aborted ? 'done' : 'under way';
      const sent = performance.now();
      if (!stop.signal.aborted) lab.kill(name);
      const end = await ended;
      const left = await footprint.left(15_000);
      const tookMs = performance.now() - sent;
      tell(round, name, afterMs, doing, tookMs, end);
      const said = end.stderr.slice(-3_000);
      if (doing === 'done') expect(end.exitCode, said).to.equal(0);
      else expect(end.exitCode, said).to.be.oneOf([codes[name], 0]);
      expect(left, said).to.deep.equal({ processes: [], namespaces: [], mounts: [] });
    }
    // The next one is not hindered by any of it, and takes away what a killed one could not.
    const lab = vm.start(['run', 'blog', '--target', 'vagrant']);
    const footprint = follow(lab, join(cacheFolder(), 'vm'));
    const end = lab.ended;
    await lab.said('provision  ', 4 * 60_000);
    lab.kill('SIGINT');
    const { exitCode, stderr } = await end;
    expect(exitCode, stderr.slice(-3_000)).to.equal(130);
    expect(await footprint.left(15_000)).to.deep.equal({ processes: [], namespaces: [], mounts: [] });
    expect(await readdir(join(cacheFolder(), 'vm'))).to.deep.equal([]);
  });
});

/** For whoever reads what a long series did. */
function tell(
  round: number,
  name: string,
  afterMs: number,
  doing: string,
  tookMs: number,
  { exitCode, stderr }: LabResult,
): void {
  const stage = stderr
    .split('\n')
    .findLast((line) => /^[a-z]+ {2,}\S/.test(line) && !line.startsWith('note'));
  const at = `${(afterMs / 1_000).toFixed(0)} s`;
  const how = `exit ${exitCode ?? 'by signal'} and all gone after ${(tookMs / 1_000).toFixed(1)} s`;
  process.stdout.write(`      ${round}. ${name} at ${at} (${doing}; ${stage?.trim() ?? 'before'}): ${how}\n`);
}

/** The same numbers for the same seed, from 0 to 1: mulberry32. */
function randomFrom(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
