import { LabError } from '../errors.js';
import { isLibraryFunction } from '../source/library-paths.js';
import type { Look } from './model.js';

/** Throws `usage` where looks cannot be of one process: too few of them, or of programs that have nothing in common. */
export function requireOneProcess(looks: readonly Look[]): void {
  if (looks.length < 2) {
    throw new LabError('one look cannot be compared', {
      code: 'usage',
      hint: 'take another one of the same process, seconds later',
    });
  }
  const builds = new Set(looks.map(({ diagnosis }) => diagnosis.process.buildId).filter((id) => id !== ''));
  const [first, ...rest] = looks.map(ownFunctions).filter((own) => own.size > 0);
  const stranger = rest.find((own) => ![...own].some((name) => first?.has(name)));
  if (builds.size > 1 || stranger !== undefined) {
    throw new LabError('these are looks at different programs', {
      code: 'usage',
      hint: 'compare looks at one process',
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
