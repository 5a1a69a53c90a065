import { buildFlavours } from '../config.js';
import { LabError } from '../errors.js';
import { quoteWord } from '../quote-word.js';
import { goEnvironment, requireGo } from '../toolchain/index.js';
import type { Place } from './place.js';

export type Built = { readonly kind: 'built' } | { readonly kind: 'refused'; readonly words: string };

/** Builds the sources of the working folder as they are now. The compiler's complaints are a value. */
export async function buildHere(place: Place, exe: string): Promise<Built> {
  const { folder, package: own, build: flavour, target, signal, heavy } = place;
  const go = await requireGo(target, signal);
  const argv = [go.path, 'build', '-buildvcs=false', ...buildFlavours[flavour], '-o', exe, `./${own}`];
  const env = { CGO_ENABLED: '0', ...goEnvironment, GOWORK: 'off' };
  const { exitCode, stderr } = await heavy('work', () => target.exec(argv, { signal, cwd: folder, env }));
  return exitCode === 0 ? { kind: 'built' } : { kind: 'refused', words: stderr.trim() };
}

/** The same where it has to succeed. Throws `build-failed`. */
export async function requireBuilt(place: Place, exe: string): Promise<void> {
  const built = await buildHere(place, exe);
  if (built.kind === 'built') return;
  throw new LabError(`go build failed: ${built.words}`, {
    code: 'build-failed',
    hint: `try it alone: cd ${quoteWord(place.folder)} && go build ./${place.package}`,
  });
}
