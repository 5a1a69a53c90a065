import { isAbsolute, relative } from 'node:path';

/** Paths as an annotation needs them: within the folder of the checkout; `undefined` for all others. */
export const relativeTo = (folder) => (path) => {
  const way = isAbsolute(path) ? relative(folder, path) : path;
  return way.startsWith('..') || isAbsolute(way) ? undefined : way;
};

/**
 * Workflow commands (GitHub, "Workflow commands for GitHub Actions") for the lines that a diagnosis blames: an error for each
 * goroutine of a finding, a warning where it is only suspected or nothing was decided.
 */
export function annotations({ findings, suspects = [], groups, summary }, local) {
  const blamed = findings.flatMap(({ rule, certainty, rootCause }) =>
    rootCause.goroutines.map(({ stack, role }) => ({
      level: certainty === 'suspected' ? 'warning' : 'error',
      place: own(stack, local),
      title: `${rule} (${certainty})`,
      text: `${role}. ${summary}`,
    })),
  );
  const named = new Map(groups.map((group) => [group.id, group]));
  const suspected = suspects.map(({ group, text }) => ({
    level: 'warning',
    place: own(named.get(group)?.stack ?? [], local),
    title: 'may hang here',
    text,
  }));
  const lines = (blamed.length > 0 ? blamed : suspected).map(({ level, place, title, text }) => {
    const where = place === undefined ? '' : `file=${property(place.file)},line=${place.line},`;
    return `::${level} ${where}title=${property(title)}::${escaped(text)}`;
  });
  return [...new Set(lines)];
}

/** The innermost frame that is in the checkout. */
function own(stack, local) {
  for (const { file, line } of stack) {
    const path = local(file);
    if (path !== undefined && isAbsolute(file)) return { file: path, line };
  }
  return undefined;
}

const escaped = (text = '') => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
const property = (text) => escaped(String(text)).replaceAll(':', '%3A').replaceAll(',', '%2C');
