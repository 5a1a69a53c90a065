import type { Diagnosis } from '../analysis/model/diagnosis.js';
import type { Roster } from '../analysis/model/roster.js';
import { LabError } from '../errors.js';
import { explainedRules, explainRule } from '../report/explain/rule.js';
import { explainSubject } from '../report/explain/subject.js';
import { ruleText, subjectText } from '../report/explain/text.js';
import type { ScreenOptions } from '../report/screen/options.js';
import type { Output } from './context.js';
import { terminalOf } from './screen.js';

/** What is there only in a core: `G42`, `S3`, `R1`, `O4`, an address. */
const inCore = /^(?:[GSRO]\d+|0x[0-9a-fA-F]+)$/;

/** Explains a rule; `false` when it is something of a core that is asked for. Throws `usage` when it is neither. */
export async function explainedRule(what: string, output: Output): Promise<boolean> {
  if (inCore.test(what)) return false;
  const explanation = await explainRule(what);
  if (explanation === undefined) {
    throw new LabError(`nothing to explain is called ${what === '' ? '""' : what}`, {
      code: 'usage',
      hint: `a goroutine (G42), a group (S3), an object (R1, O4 or 0xADDR), or a rule: ${(await explainedRules()).join(', ')}`,
    });
  }
  output.document(explanation);
  output.print(ruleText(explanation, { ...terminalOf(output), sources: undefined }));
  return true;
}

interface Asked {
  readonly roster: Roster | undefined;
  readonly output: Output;
  readonly screen: ScreenOptions;
}

/** Explains something of a core. Throws `usage` when the core has nothing of that name. */
export function explainIn(diagnosis: Diagnosis, what: string, { roster, output, screen }: Asked): void {
  const explanation = explainSubject(diagnosis, what, roster);
  if (explanation === undefined) {
    const { groups, findings, objects = [] } = diagnosis;
    const resources = findings.flatMap(({ rootCause }) => rootCause.resources.map(({ id }) => id));
    const names = [...new Set([...groups, ...objects].map(({ id }) => id).concat(resources))];
    const shown = names.slice(0, 12).join(', ');
    throw new LabError(`this core has nothing that is called ${what === '' ? '""' : what}`, {
      code: 'usage',
      hint: `choose one of ${shown}${names.length > 12 ? ' ...' : ''}, or a goroutine: --verbose lists them`,
    });
  }
  output.document(explanation);
  output.print(subjectText(explanation, screen));
}
