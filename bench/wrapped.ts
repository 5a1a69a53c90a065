import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { execa } from 'execa';
import { bundleIn } from '../lab/findings.js';
import { openRun } from '../lab/store/run-store.js';
import { makeSecrets, runWithSecrets } from '../test/kit/hung-run.js';
import { lab } from '../test/lab-process.js';
import { tempFolder } from '../test/temp-folder.js';
import { median } from './statistics.js';

const rounds = 3;
/** Of the plain core's time and that of unpacking it by hand. */
const most = 1.3;

/** What it costs to hand over the article's core as systemd keeps it, against unpacking it first. */
export async function run(signal: AbortSignal): Promise<void> {
  await using folder = await tempFolder();
  const { exe, core } = bundleIn(await openRun(await runWithSecrets(folder.path, 'blog', makeSecrets())));
  const packed = folder.file('core.zst');
  await execa('zstd', ['-q', '-3', core, '-o', packed], { cancelSignal: signal });
  const times = { plain: [] as number[], unpacked: [] as number[], wrapped: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    signal.throwIfAborted();
    times.plain.push(await timed(() => analyze(exe, core)));
    times.unpacked.push(
      await timed(() =>
        execa('zstd', ['-dqf', packed, '-o', folder.file('by-hand')], { cancelSignal: signal }),
      ),
    );
    times.wrapped.push(await timed(() => analyze(exe, packed)));
  }
  const [plain, unpacked, wrapped] = [median(times.plain), median(times.unpacked), median(times.wrapped)];
  const ratio = wrapped / (plain + unpacked);
  process.stdout.write(
    `${basename(core)}: ${size((await stat(core)).size)}, ${size((await stat(packed)).size)} by zstd\n` +
      `plain ${plain.toFixed(2)} s, unpacking by hand ${unpacked.toFixed(2)} s, .zst ${wrapped.toFixed(2)} s: ` +
      `ratio ${ratio.toFixed(2)} (at most ${most})\n`,
  );
  if (ratio > most) process.exitCode = 1;
}

async function analyze(exe: string, core: string): Promise<void> {
  const { exitCode, stderr } = await lab(['analyze', '--exe', exe, '--core', core, '--json']);
  if (exitCode !== 1) throw new Error(`no deadlock was found in ${core}: ${stderr}`);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}

const size = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
