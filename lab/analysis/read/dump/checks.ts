import { quoteWord } from '../../../quote-word.js';
import type { Finding } from '../../model/diagnosis.js';

/** Replaces Delve's commands, which need a core, by those that show the same in the dump and in the sources. */
export function withTextChecks(finding: Finding, dump: string): Finding {
  return {
    ...finding,
    evidence: finding.evidence.map((one) => ({ ...one, check: textCheck(one.check, dump) })),
  };
}

function textCheck(check: string, dump: string): string {
  const commands = check.split('; ').flatMap((command) => {
    const [, goroutine] = /^goroutine (\d+)/.exec(command) ?? [];
    if (goroutine !== undefined) return [`grep -A 20 'goroutine ${goroutine} ' ${quoteWord(dump)}`];
    const [, file, line] = /\blist (\S+):(\d+)$/.exec(command) ?? [];
    return file === undefined ? [] : [`sed -n ${line}p ${quoteWord(file)}`];
  });
  return [...new Set(commands)].join('; ') || `grep -n '^goroutine ' ${quoteWord(dump)}`;
}
