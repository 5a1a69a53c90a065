import { basename } from 'node:path';
import { LabError } from '../errors.js';
import type { Emit } from '../events.js';
import { type GivenInputs, type Inputs, openInputs } from '../unpack/inputs.js';
import { withPatience } from './progress.js';

export { inTheirWords } from '../unpack/inputs.js';

/** Two plain files, of whatever a command line names. */
export async function openFiles(
  { core, ...given }: Omit<GivenInputs, 'core'> & { readonly core?: string | undefined },
  emit: Emit,
  signal: AbortSignal,
): Promise<Inputs> {
  if (core === undefined) {
    throw new LabError('a core file is needed, and the executable of its process', {
      code: 'usage',
      hint: 'npx lab analyze --exe FILE --core FILE (or --dump FILE, or --run DIR)',
    });
  }
  const onNote = (text: string) => emit({ type: 'note', text });
  return await withPatience(
    emit,
    { stage: 'analyze', text: `opening ${basename(core)}` },
    async (say) => await openInputs({ ...given, core }, { onProgress: say, onNote }, signal),
  );
}
