import { rename, rm } from 'node:fs/promises';
import { LabError, messageOf, toLabError } from '../errors.js';
import type { Emit } from '../events.js';
import { localTarget } from '../targets/local.js';
import { ensureDelve } from '../toolchain/index.js';
import type { Bundle } from './bundle.js';
import { sha256 } from './hash.js';
import type { KeptOfCore } from './kept-of-core.js';
import type { Landed } from './landing.js';

export interface SlimLanded {
  /** Path of the executable that the core is of. */
  readonly exe: string;
  readonly goVersion: string;
  /** The core, in a folder that nobody else enters. */
  readonly core: Landed;
  /** Whether data was taken out of it where the process runs, before it was stored. */
  readonly scrubbed: boolean;
}

/**
 * Slims a core that came home: it keeps what the analysis and Delve read, without data of the service, and takes the
 * place of the larger one. Where that cannot be done a scrubbed core stays as it is, and the bundle says why.
 *
 * Throws `undecided` or `missing-tool` for a core that was not scrubbed: it would have all data.
 */
export async function slimLanded(
  { exe, goVersion, core, scrubbed }: SlimLanded,
  emit: Emit,
  signal: AbortSignal,
): Promise<{ readonly core: Landed; readonly slim: NonNullable<Bundle['slim']> }> {
  emit({ type: 'progress', stage: 'capture', text: 'the core is slimmed' });
  const out = `${core.path}.slim`;
  let kept: KeptOfCore;
  try {
    const { path: delve } = await ensureDelve({ goVersion, install: true, emit }, signal);
    const { slimCore } = await import('../kit/slim-core.js');
    kept = await slimCore({ exe, core: core.path, out, delve }, signal);
  } catch (error) {
    await rm(out, { force: true });
    const { code } = toLabError(error);
    const why = messageOf(error);
    if (signal.aborted || code === 'no-space') throw error;
    if (!scrubbed)
      throw code === 'undecided' || code === 'missing-tool' ? notSlimmed(why, code, error) : error;
    emit({ type: 'note', text: `the core has no data of the service, and is no smaller for it: ${why}` });
    return { core, slim: { state: 'scrubbed', scrubbedThere: true, why } };
  }
  await rename(out, core.path);
  const hash = await sha256(localTarget(), core.path, signal);
  return {
    core: { ...core, sha256: hash },
    slim: { state: 'slimmed', scrubbedThere: scrubbed, core: kept },
  };
}

function notSlimmed(why: string, code: LabError['code'], cause: unknown): LabError {
  return new LabError(`${why}; as it is it has all data of the service`, {
    code,
    hint: 'let the helper take it, which needs neither debug information nor Delve: leave out --capture',
    cause,
  });
}
