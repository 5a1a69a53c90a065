import { createColors } from 'picocolors';
import type { Diagnosis, Group } from '../analysis/model/diagnosis.js';
import type { Look } from '../compare/model.js';
import { LabError } from '../errors.js';
import { inOwnWords } from '../own-command.js';
import { allPrintable } from '../printable.js';
import { explainedRules, explainRule } from '../report/explain/rule.js';
import { explainSubject } from '../report/explain/subject.js';
import { ruleText, subjectText } from '../report/explain/text.js';
import { diagnosisText } from '../report/screen/full-text.js';
import type { ScreenOptions } from '../report/screen/options.js';

/** What a tool returns: for a reader, and as data. */
export interface Answer {
  readonly text: string;
  readonly data: Readonly<Record<string, unknown>>;
}

const columns = 100;

const screenOf = (again: string): ScreenOptions => ({
  ...{ palette: createColors(false), columns, links: false, sources: undefined, again },
});

/** The first screen of `lab analyze`, and what of the diagnosis a client goes on with. */
export function analysisOf({ diagnosis }: Look, again: string): Answer {
  const { verdict, summary, process, findings, suspects, limits, groups } = diagnosis;
  return {
    text: inOwnWords(diagnosisText(diagnosis, screenOf(again))),
    data: allPrintable({
      ...{ verdict, summary, goroutines: process.goroutines, groups: groups.length, suspects, limits },
      findings: findings.map(({ id, rule, class: kind, subtype, certainty, rootCause, victims }) => ({
        ...{ id, rule, class: kind, subtype, certainty, victims },
        goroutines: rootCause.goroutines.map((one) => ({ id: one.id, stack: one.stack })),
        resources: rootCause.resources,
      })),
    }),
  };
}

/** A rule, which needs no input; `undefined` for whatever else it may be. */
export async function ruleOf(what: string): Promise<Answer | undefined> {
  const explanation = await explainRule(what);
  if (explanation === undefined) return undefined;
  const drawn = { palette: createColors(false), columns, links: false, sources: undefined };
  return { text: inOwnWords(ruleText(explanation, drawn)), data: { ...explanation } };
}

/** A goroutine, a group or an object of a diagnosis. Throws `usage` where it has nothing of that name. */
export function subjectOf({ diagnosis, roster }: Look, what: string, again: string): Answer {
  const explanation = explainSubject(diagnosis, what, roster);
  if (explanation === undefined) {
    const names = diagnosis.groups.map(({ id }) => id).slice(0, 20);
    throw new LabError(`nothing here is called ${what}`, {
      code: 'usage',
      hint: `choose one of ${names.join(', ')}, a goroutine (G42), or an address (0x...)`,
    });
  }
  const shown = allPrintable(explanation);
  return { text: inOwnWords(subjectText(shown, screenOf(again))), data: { ...shown } };
}

/** What can be explained without an input. */
export const rulesToExplain = explainedRules;

export interface Wanted {
  readonly waitReason?: string | undefined;
  readonly function?: string | undefined;
  readonly outlook?: string | undefined;
  readonly most: number;
}

/** Goroutines by stack and wait, most of them first, as far as they are wanted. */
export function goroutinesOf({ diagnosis }: { readonly diagnosis: Diagnosis }, wanted: Wanted): Answer {
  const found = diagnosis.groups
    .filter((group) => isWanted(group, wanted))
    .toSorted((a, b) => b.count - a.count);
  const shown = allPrintable(found.slice(0, wanted.most));
  const lines = shown.flatMap(({ id, count, waitReason, outlook, outlookReason, exampleIds, stack }) => [
    `${id}: ${count} ${count === 1 ? 'goroutine' : 'goroutines'}, ${waitReason || 'running'}${
      outlook === undefined ? '' : `; ${outlook}: ${outlookReason ?? ''}`
    } (${exampleIds.map((one) => `G${one}`).join(', ')})`,
    ...stack.map((frame) => `  ${frame.function}  ${frame.file}:${frame.line}`),
  ]);
  const more = found.length - shown.length;
  const rest = more === 0 ? [] : [`${more} more groups are left out: ask for fewer, or raise limit`];
  const head = `${diagnosis.process.goroutines} goroutines; ${found.length} of ${diagnosis.groups.length} groups are as asked for.`;
  return {
    text: [head, ...lines, ...rest].join('\n'),
    data: { total: found.length, groups: shown },
  };
}

function isWanted(group: Group, { waitReason, function: name, outlook }: Wanted): boolean {
  return (
    (waitReason === undefined || group.waitReason.includes(waitReason)) &&
    (outlook === undefined || group.outlook === outlook) &&
    (name === undefined || group.stack.some((frame) => frame.function.includes(name)))
  );
}
