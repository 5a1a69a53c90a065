import type { CheckedPair } from '../../core/pair.js';
import type { Sources } from '../../source/sources.js';
import type { Diagnosis } from '../model/diagnosis.js';
import type { Limits } from '../model/limits.js';

/** Which process a core is of. */
export function processOf({ exe, core }: CheckedPair): Omit<Diagnosis['process'], 'goroutines'> {
  return {
    exe: exe.path,
    core: core.path,
    buildId: exe.buildId.gnu ?? exe.buildId.go ?? '',
    goVersion: exe.goVersion ?? 'unknown',
    os: 'linux',
    arch: exe.arch,
  };
}

/** What the files leave open before anything is read, for `limits`. */
export function unsureMatch({ match }: CheckedPair): Limits {
  return match.kind === 'unknown' ? [`Executable and core could not be compared: ${match.why}.`] : [];
}

/** What of the sources is not here, not understood or not answered, for `limits`. */
export function missingSources(
  { missing, absent, caution, unanswered }: Sources,
  mainModule?: string | undefined,
): Limits {
  if (absent !== undefined)
    return absent === notWanted ? [] : [`${absent[0]?.toUpperCase()}${absent.slice(1)}.`];
  const [first] = missing;
  const lost = unanswered();
  return [
    ...(caution === undefined ? [] : [caution]),
    ...(first === undefined
      ? []
      : [
          `${missing.length} source files were not found, ${first} among them. ${whereToLook(first, mainModule)}`,
        ]),
    ...(lost === undefined ? [] : [unansweredText(lost)]),
  ];
}

/** The option that helps, ready to be typed but for the folder. */
function whereToLook(file: string, mainModule: string | undefined): string {
  if (mainModule !== undefined && file.startsWith(`${mainModule}/`))
    return `Run this again with --source-map ${mainModule}=DIR, where DIR has the go.mod of ${mainModule}.`;
  if (/\/src\/(?:runtime|internal|sync|net|os)\//.test(file))
    return 'Run this again with --go-root DIR, where DIR is the GOROOT of the same Go.';
  const folder = file.slice(0, file.lastIndexOf('/')) || '/';
  return `Run this again with --source-map ${folder}=DIR, where DIR has that file.`;
}

function unansweredText({ questions, why }: { readonly questions: number; readonly why: string }): string {
  const what = questions === 1 ? '1 question' : `${questions} questions`;
  return `${what} about the sources ${questions === 1 ? 'was' : 'were'} not answered, and who releases what is not known there: ${why}.`;
}

/** Why there are no sources where somebody asked for none. */
export const notWanted = 'no source was to be read';
