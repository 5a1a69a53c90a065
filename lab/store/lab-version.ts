import { join } from 'node:path';
import { execa } from 'execa';
import { z } from 'zod';
import { projectRoot } from '../paths.js';
import { readJson } from './json-file.js';

export async function labVersion(): Promise<string> {
  const { version } = await readJson(
    join(projectRoot, 'package.json'),
    z.looseObject({ version: z.string() }),
  );
  return version;
}

/** Of the lab's own folder; null when it is no clone. */
export async function gitCommit(): Promise<string | null> {
  const result = await execa('git', ['-C', projectRoot, 'rev-parse', 'HEAD'], { reject: false });
  return result.exitCode === 0 ? result.stdout : null;
}
