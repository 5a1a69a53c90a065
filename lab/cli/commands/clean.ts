import { rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { leftRooms, removeLeftRooms } from '../../capture/left-behind.js';
import { withDeadline } from '../../deadline.js';
import { messageOf } from '../../errors.js';
import type { StageName } from '../../events.js';
import { leaveHost } from '../../fleet/leave-host.js';
import { isFleet } from '../../scenarios/fleets.js';
import { delveThereOf, leaveFolder, stopServerOf } from '../../stages/index.js';
import { listRegressions, listRuns, openRun, type Run } from '../../store/run-store.js';
import { openTarget } from '../../targets/index.js';
import { localTarget } from '../../targets/local.js';
import { hostsIn } from '../../targets/several.js';
import { unpackedFolder } from '../../unpack/room.js';
import { leftVms } from '../../vm/left-behind.js';
import type { LabCommand } from '../command.js';
import { confirmed } from '../confirm.js';
import { defineClean } from '../manual/keep.js';
import { patiently } from '../progress.js';

export const cleanCommand: LabCommand = {
  define: defineClean,
  async act({ options, output, signal }) {
    if (options['watch'] !== undefined) {
      const { cleanWatches } = await import('../clean-watches.js');
      return await cleanWatches(options, output, signal);
    }
    const folders = [...(await listRuns()), ...(await listRegressions())];
    const unpacked = await leftRooms(localTarget(), unpackedFolder(), signal);
    const vms = await leftVms();
    const ending = vms.filter(({ end }) => end !== undefined);
    const runs = `${folders.length} stored runs with their cores`;
    const all = [
      ...(folders.length > 0 ? [runs] : []),
      ...(unpacked.length > 0 ? [unpackedText(unpacked)] : []),
      ...ending.map(({ name }) => name),
    ].join(' and ');
    if (all !== '' && options['yes'] !== true && !(await confirmed(all, 'npx lab clean --yes', signal)))
      return 0;
    const patience = { stage: 'clean', text: `removing ${folders.length} runs` } as const;
    const notes = await patiently(output, patience, async (say) => {
      const said: string[] = [];
      for (const [at, dir] of folders.entries()) {
        say(`${at + 1} of ${folders.length}: ${basename(dir)}`);
        const run = await openRun(dir).catch(() => undefined);
        const left = run === undefined ? undefined : await stopServer(run, signal);
        if (left !== undefined) said.push(left);
        await rm(dir, { recursive: true, force: true });
      }
      return said;
    });
    for (const room of unpacked) await rm(room, { recursive: true, force: true });
    for (const { end } of ending) await end?.();
    for (const note of notes) output.aside(note);
    for (const { name, command } of vms) {
      if (command !== undefined) output.aside(`${name} stays: it may be yours. To remove it: ${command}`);
    }
    output.document({ removed: folders, unpacked });
    const gone = unpacked.length > 0 ? [`removed ${unpackedText(unpacked)}`] : [];
    output.print(
      [`removed ${folders.length} runs`, ...gone, ...ending.map(({ name }) => `ended ${name}`)].join('\n'),
    );
    return 0;
  },
};

/** Cores and executables that a command which was killed had unpacked. */
const unpackedText = ({ length }: readonly string[]) =>
  `${length} ${length === 1 ? 'folder' : 'folders'} of unpacked files that killed commands left`;

/** How long another machine is waited for, milliseconds: it may be gone for good. */
const otherMachineMs = 20_000;

/** Ends the run's server where it was left running; says when it may still run. What runs in a VM ends with it. */
async function stopServer(run: Run, signal: AbortSignal): Promise<string | undefined> {
  const { config } = run.record;
  const done = (stage: StageName): boolean => run.record.stages[stage]?.state === 'done';
  // A Delve there has a core beside it until it has been analysed.
  const left = delveThereOf(run) !== undefined && !done('analyze');
  // What a fleet has on a host that was gone stays there until it is back.
  const { verdict = 'unknown' } = run.record.conclusion ?? {};
  const isDone = isFleet(config.scenario) ? verdict !== 'unknown' : done('stop');
  const ended = config.target !== 'local' && isDone && !left;
  if (config.target === 'vagrant' || ended) return undefined;
  const limited = withDeadline(signal, otherMachineMs);
  try {
    for (const host of hostsIn(config.target)) {
      await using target = await openTarget({ ...config, target: host }, () => {}, limited);
      if (isFleet(config.scenario) && host !== 'local') await leaveHost(target, run, limited);
      else {
        await stopServerOf(run, target, limited);
        await leaveFolder(target, run);
      }
      await removeLeftRooms(target, target.workFolder, limited);
    }
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    const why = limited.aborted ? `it did not answer within ${otherMachineMs / 1_000} s` : messageOf(error);
    return `the server of ${basename(run.dir)} may still run on ${config.target}: ${why}`;
  }
}
