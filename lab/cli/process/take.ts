import type { Bundle, LooksBundle } from '../../capture/bundle.js';
import { captureBundle } from '../../capture/capture.js';
import { captureLooks, type Look } from '../../capture/looks.js';
import type { Emit } from '../../events.js';
import { openTarget } from '../../targets/index.js';
import { withPatience } from '../progress.js';
import type { AskedProcess } from './options.js';

export interface Taking {
  /** Folder of this machine for cores and executable; it exists. */
  readonly dir: string;
  /** Called with the looks that are whole, after each. */
  readonly keep: (bundle: LooksBundle) => Promise<void>;
}

/** Takes the cores that were asked for: of one look a bundle, of several the last one's with all of them. */
export async function takeProcess(
  asked: AskedProcess,
  { dir, keep }: Taking,
  emit: Emit,
  signal: AbortSignal,
): Promise<Bundle | LooksBundle> {
  await using taker = await takerOf(asked, dir, emit, signal);
  const { looks, everyMs } = asked;
  const text = `${looks === 1 ? 'the core' : `${looks} cores`} of ${taker.whose}`;
  return await withPatience(emit, { stage: 'capture', text }, async () =>
    looks === 1 ? await taker.take() : await captureLooks({ looks, everyMs, keep }, taker.take, emit, signal),
  );
}

interface Taker extends AsyncDisposable {
  readonly whose: string;
  take(look?: Look): Promise<Bundle>;
}

async function takerOf(
  { target: where, how, pid, slim }: AskedProcess,
  dir: string,
  emit: Emit,
  signal: AbortSignal,
): Promise<Taker> {
  const lookOf = (look: Look | undefined) => (look === undefined ? {} : { look });
  if (how.kind === 'process') {
    const target = await openTarget({ target: where }, emit, signal, { keep: true });
    const folder = target.kind === 'local' ? dir : target.workFolder;
    const request = { target, pid: how.pid, method: how.method, dir, folder, slim };
    return {
      whose: `pid ${how.pid}`,
      take: (look) => captureBundle({ ...request, ...lookOf(look) }, emit, signal),
      [Symbol.asyncDispose]: () => target[Symbol.asyncDispose](),
    };
  }
  const { captureFromContainer } = await import('../../containers/capture.js');
  // The later looks are at the same process, whatever was started meanwhile.
  let found = pid;
  return {
    whose: where,
    async take(look) {
      const request = { target: where, pid: found, dir, debugImage: how.debugImage, options: how.helper };
      const taken = await captureFromContainer({ ...request, ...lookOf(look) }, emit, signal);
      found = taken.pid;
      return taken;
    },
    async [Symbol.asyncDispose]() {},
  };
}
