import { shortName } from '../analysis/model/own-frame.js';
import { counted, number } from '../counted.js';
import type { ComparedGroup, Comparison } from './model.js';

/** A group grows when it has gained so many goroutines, and a fifth. */
const fewNew = 5;
const mostSuspects = 5;

/** Those that wait: dumps of the form that has no wait reasons tell it by what becomes of them. */
export const isWaiting = ({ waitReason, outlook }: Pick<ComparedGroup, 'waitReason' | 'outlook'>): boolean =>
  waitReason !== '' || (outlook !== null && outlook !== 'ends' && outlook !== 'spinning');

export function suspectsOf(
  groups: readonly ComparedGroup[],
  looks: number,
  seconds: number | null,
): Comparison['suspects'] {
  const rank = ({ outlook, spun }: ComparedGroup) =>
    (spun ?? 0) > 0 ? -1 : outlook === 'stuck' ? 0 : outlook === 'unclear' ? 1 : 2;
  return groups
    .filter(
      (group) =>
        rank(group) < 0 || (isWaiting(group) && ((rank(group) < 2 && stayed(group) > 0) || grows(group))),
    )
    .sort((a, b) => rank(a) - rank(b) || Number(grows(b)) - Number(grows(a)) || stayed(b) - stayed(a))
    .slice(0, mostSuspects)
    .map((group) => ({ group: group.id, text: suspectText(group, looks, seconds) }));
}

/** Of instances that are looked at once each: where goroutines are stuck, or may be, and in how many of them. */
export function suspectsIn(groups: readonly ComparedGroup[], processes: number): Comparison['suspects'] {
  const rank = ({ outlook }: ComparedGroup) => (outlook === 'stuck' ? 0 : 1);
  const total = ({ counts }: ComparedGroup) => counts.reduce((sum, one) => sum + one, 0);
  return groups
    .filter((group) => isWaiting(group) && (group.outlook === 'stuck' || group.outlook === 'unclear'))
    .sort((a, b) => rank(a) - rank(b) || total(b) - total(a))
    .slice(0, mostSuspects)
    .map((group) => {
      const where = whereOf(group).replace(/,$/, '');
      const seen = group.counts.filter((one) => one > 0).length;
      const verb = group.outlook === 'stuck' ? 'stuck' : 'waiting, and it is not clear for whom';
      return {
        group: group.id,
        text: `${counted(total(group), 'goroutine')} ${where}: ${verb}, in ${seen} of ${processes} processes.`,
      };
    });
}

/** At most so many goroutines never left. */
const stayed = ({ unmoved, counts }: ComparedGroup): number => unmoved ?? Math.min(...counts);

/** More and more goroutines stand there, and few that stood there have gone. */
function grows({ counts, came, went }: ComparedGroup): boolean {
  const [first = 0, last = 0] = [counts[0], counts.at(-1)];
  if (last < first + Math.max(fewNew, first / 5)) return false;
  return came === null || went === null || went * 4 <= came;
}

function suspectText(group: ComparedGroup, looks: number, seconds: number | null): string {
  const { counts, unmoved, came } = group;
  const [first = 0, last = 0] = [counts[0], counts.at(-1)];
  const [where, time] = [whereOf(group), timeWords(looks, seconds)];
  if (group.spun !== null && group.spun > 0) {
    const verb = group.spun === 1 ? 'runs' : 'run';
    return `${counted(group.spun, 'goroutine')} ${where.replace(/,$/, '')} ${verb} round one loop, and did so in each of ${looks} looks${seconds === null ? '' : ` within ${spanWords(seconds)}`}.`;
  }
  if (first === 0) return `${counted(last, 'goroutine')} ${where} came ${time}; none was there before.`;
  if (unmoved === null) {
    const change = `${number(Math.abs(last - first))} ${last > first ? 'more' : 'fewer'} than`;
    const before = seconds === null ? 'in the first look' : `${spanWords(seconds)} before`;
    return `${counted(last, 'goroutine')} ${where.replace(/,$/, '')}, ${last === first ? 'as many as' : change} ${before}.`;
  }
  const who =
    unmoved === 1 && first === 1 ? '1 goroutine' : `${number(unmoved)} of ${counted(first, 'goroutine')}`;
  const still = `${who} ${where} did not move ${time}`;
  return came === null || came === 0 ? `${still}.` : `${still}; ${number(came)} more came.`;
}

function whereOf({ object, place, waitReason }: ComparedGroup): string {
  const file = place.file.slice(place.file.lastIndexOf('/') + 1);
  const code = `${shortName(place.function)} (${file}:${place.line}${waitReason === '' ? '' : `, ${waitReason}`})`;
  return object === null ? `in ${code}` : `at ${object}, in ${code},`;
}

const timeWords = (looks: number, seconds: number | null): string =>
  seconds === null ? `over ${looks} looks` : `in ${spanWords(seconds)}`;

function spanWords(seconds: number): string {
  if (seconds < 600) return `${seconds} s`;
  return seconds < 7_200
    ? `${Math.round(seconds / 60)} minutes`
    : `${number(Math.round(seconds / 3_600))} hours`;
}

export function nothingSuspected(
  groups: readonly ComparedGroup[],
  looks: number,
  seconds: number | null,
): string {
  const still = groups.filter(isWaiting).reduce((sum, group) => sum + stayed(group), 0);
  const time = timeWords(looks, seconds);
  if (still === 0) return `Nothing is suspected: every waiting goroutine moved ${time}, and no group grew.`;
  const seen =
    still === 1
      ? 'it waits where something was seen to end the wait or to bring work'
      : 'all of them wait where something was seen to end the wait or to bring work';
  return `Nothing is suspected: ${counted(still, 'waiting goroutine')} did not move ${time}; ${seen}, and no group grew.`;
}
