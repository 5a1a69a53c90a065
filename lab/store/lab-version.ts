import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isCheckout, projectRoot } from '../paths.js';

/** Of package.json. `lab --version` waits for it, so it needs no library. */
export async function labVersion(): Promise<string> {
  const { version }: { version?: unknown } = JSON.parse(
    await readFile(join(projectRoot, 'package.json'), 'utf8'),
  );
  return String(version);
}

/** Of the lab's own folder; null when it is no clone. A package may lie within somebody else's. */
export async function gitCommit(): Promise<string | null> {
  if (!isCheckout) return null;
  const { execa } = await import('execa');
  const result = await execa('git', ['-C', projectRoot, 'rev-parse', 'HEAD'], { reject: false });
  return result.exitCode === 0 ? result.stdout : null;
}
