import { rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { LabError } from '../../errors.js';
import { stopServerOf } from '../../stages/index.js';
import { listRegressions, listRuns, openRun } from '../../store/run-store.js';
import { localTarget } from '../../targets/local.js';
import { example, type LabCommand } from '../command.js';

export const cleanCommand: LabCommand = {
  define: (program) =>
    example(
      program
        .command('clean')
        .description('remove stored runs and end the servers that they left; asks first')
        .option('--yes', 'do not ask'),
      'npx lab clean',
    ),
  async act({ options, output, signal }) {
    const folders = [...(await listRuns()), ...(await listRegressions())];
    if (folders.length > 0 && options['yes'] !== true) {
      if (process.stdin.isTTY !== true) {
        throw new LabError(`${folders.length} runs would be removed, and there is no terminal to ask on`, {
          code: 'usage',
          hint: 'say so: npx lab clean --yes',
        });
      }
      const asking = createInterface({ input: process.stdin, output: process.stderr });
      const answer = await asking.question(`remove ${folders.length} stored runs with their cores? [y/N] `, {
        signal,
      });
      asking.close();
      if (!/^y(es)?$/i.test(answer.trim())) return 0;
    }
    await using target = localTarget();
    for (const dir of folders) {
      const run = await openRun(dir).catch(() => undefined);
      if (run !== undefined) await stopServerOf(run, target, signal);
      await rm(dir, { recursive: true, force: true });
      output.aside(`removed ${basename(dir)}`);
    }
    output.document({ removed: folders });
    output.print(`removed ${folders.length} runs`);
    return 0;
  },
};
