import type { CheckedPair } from '../core/pair.js';
import type { Sources } from '../source/sources.js';
import type { Diagnosis } from './diagnosis.js';
import type { Snapshot } from './snapshot.js';

/** Which process a diagnosis is of. */
export function processOf(
  { exe, core }: CheckedPair,
  goroutines: Snapshot['goroutines'],
): Diagnosis['process'] {
  return {
    exe: exe.path,
    core: core.path,
    buildId: exe.buildId.gnu ?? exe.buildId.go ?? '',
    goVersion: exe.goVersion ?? 'unknown',
    os: 'linux',
    arch: exe.arch,
    goroutines: { ...goroutines },
  };
}

/** What the files leave open before anything is read, for `limits`. */
export function unsureMatch({ match }: CheckedPair): string[] {
  return match.kind === 'unknown' ? [`Executable and core could not be compared: ${match.why}.`] : [];
}

/** Sources that are not here, for `limits`. */
export function missingSources({ missing, absent, unanswered }: Sources): string[] {
  if (absent !== undefined)
    return absent === notWanted ? [] : [`${absent[0]?.toUpperCase()}${absent.slice(1)}.`];
  const [first] = missing;
  const lost = unanswered();
  return [
    ...(first === undefined
      ? []
      : [
          `${missing.length} source files were not found, ${first} among them: pass --source-map or --go-root.`,
        ]),
    ...(lost === undefined ? [] : [unansweredText(lost)]),
  ];
}

function unansweredText({ questions, why }: { readonly questions: number; readonly why: string }): string {
  const what = questions === 1 ? '1 question' : `${questions} questions`;
  return `${what} about the sources ${questions === 1 ? 'was' : 'were'} not answered, and who releases what is not known there: ${why}.`;
}

/** Why there are no sources where somebody asked for none. */
export const notWanted = 'no source was to be read';
