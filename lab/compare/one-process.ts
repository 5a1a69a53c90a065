import { LabError } from '../errors.js';
import { isLibraryFunction } from '../source/library-paths.js';
import type { Look } from './model.js';

/** Pids of looks at instances of one program, one of each; `undefined` where all are at one process, or do not tell. */
export function processesOf(looks: readonly Look[]): readonly number[] | undefined {
  const pids = looks.flatMap(({ pid }) => (pid === undefined ? [] : [pid]));
  const distinct = new Set(pids);
  return distinct.size > 1 && distinct.size === looks.length ? pids : undefined;
}

/**
 * Throws `usage` where looks cannot be compared: too few of them, of programs that have nothing in common, or several of one
 * process beside those of another.
 */
export function requireComparable(looks: readonly Look[]): void {
  if (looks.length < 2) {
    throw new LabError('one look cannot be compared', {
      code: 'usage',
      hint: 'take another one of the same process, seconds later',
    });
  }
  const pids = new Set(looks.flatMap(({ pid }) => (pid === undefined ? [] : [pid])));
  if (pids.size > 1 && processesOf(looks) === undefined) {
    throw new LabError(`these are ${looks.length} looks at ${pids.size} processes`, {
      code: 'usage',
      hint: 'compare all looks at one process, or one core of each',
    });
  }
  const builds = new Set(looks.map(({ diagnosis }) => diagnosis.process.buildId).filter((id) => id !== ''));
  const [first, ...rest] = looks.map(ownFunctions).filter((own) => own.size > 0);
  const stranger = rest.find((own) => ![...own].some((name) => first?.has(name)));
  if (builds.size > 1 || stranger !== undefined) {
    throw new LabError('these are looks at different programs', {
      code: 'usage',
      hint: 'compare looks at one program; `npx lab analyze` takes the cores of several',
    });
  }
}

/** Functions of the program itself; files are where each look's machine has them. */
const ownFunctions = ({ diagnosis }: Look): ReadonlySet<string> =>
  new Set(
    diagnosis.groups.flatMap(({ stack }) =>
      stack.filter((frame) => !isLibraryFunction(frame)).map(({ function: name }) => name),
    ),
  );
