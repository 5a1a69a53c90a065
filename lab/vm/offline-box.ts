import { join } from 'node:path';
import { execa } from 'execa';
import { interrupted, LabError } from '../errors.js';
import type { Emit } from '../events.js';
import { cacheFolder } from '../paths.js';
import { vagrantFolder } from './place.js';

const build = join(vagrantFolder, 'box', 'build.sh');
const buildWithinMs = 30 * 60_000;

/**
 * The catalogue of the box that is made of this machine's own distribution packages, for Vagrant's `LAB_BOX`; built
 * when the cache has none that was built from the same. Throws what the builder says: `missing-tool` with the packages
 * to install, else `target` with its last lines.
 */
export async function offlineBox(variant: 'root' | 'user', emit: Emit, signal: AbortSignal): Promise<string> {
  const running = execa(build, ['--cache', join(cacheFolder(), 'box'), '--variant', variant], {
    reject: false,
    stdin: 'ignore',
    cancelSignal: signal,
    timeout: buildWithinMs,
    forceKillAfterDelay: 10_000,
    // Its parts are ended by the script itself, and by nobody else.
    detached: true,
  });
  const said: string[] = [];
  for await (const line of running.iterable({ from: 'stderr' })) {
    said.push(line);
    // What is begun ends in dots; what is done tells its time; the rest is for the log.
    if (/ \.\.\.( \d+ s)?$/.test(line)) emit({ type: 'note', text: `box: ${line}` });
  }
  const result = await running;
  if (result.isCanceled || signal.aborted) throw interrupted(result);
  const path = result.stdout.trim().split('\n').at(-1) ?? '';
  if (result.exitCode === 0 && path !== '') return path;
  const hint = said.findLast((line) => line.startsWith('-> '))?.slice(3);
  const words = said.filter((line) => !line.startsWith('-> ')).slice(-5);
  throw new LabError(`the offline box was not built:\n${words.join('\n')}`, {
    code: result.exitCode === 69 ? 'missing-tool' : 'target',
    hint: hint ?? `try it alone: ${build} --cache /tmp/box`,
  });
}
