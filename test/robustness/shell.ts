import { join } from 'node:path';
import { execa } from 'execa';
import { projectRoot } from '../../lab/paths.js';
import type { LabResult } from '../lab-process.js';
import { tempFolder } from '../temp-folder.js';

/** The lab as a word of a shell's command line. */
export const labCommand = `"${process.execPath}" "${join(projectRoot, 'dist/scripts/lab.js')}"`;

/** Has a shell do it, with no runs stored. */
export async function shell(line: string): Promise<Omit<LabResult, 'signal'>> {
  await using folder = await tempFolder();
  const { exitCode, stdout, stderr } = await execa('bash', ['-c', line], {
    reject: false,
    stdin: 'ignore',
    env: { NO_COLOR: '1', LAB_RUNS: folder.path },
  });
  return { exitCode, stdout, stderr };
}
