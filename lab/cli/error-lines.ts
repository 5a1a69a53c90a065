import { wrap } from '../report/wrap.js';

const indent = '       ';

/** An error in lines of `width` columns. Commands and paths that a person has to copy are never broken. */
export function errorLines(
  { message, hint }: { readonly message: string; readonly hint?: string | undefined },
  evidence: string | undefined,
  width: number,
): string[] {
  const [first = '', ...rest] = message.split('\n');
  return [
    ...wrap(first, { width, indent, first: 'error: ', whole: true }),
    ...rest.flatMap((line) => {
      const lead = indent + (/^\s*/.exec(line)?.[0] ?? '');
      return wrap(line, {
        width,
        indent: line.trim().startsWith('- ') ? `${lead}  ` : lead,
        first: lead,
        whole: true,
      });
    }),
    ...(hint === undefined ? [] : hintLines(hint, width)),
    ...(evidence === undefined ? [] : ['  what was saved is in', `${indent}${evidence}`]),
  ];
}

/** Words that a command begins with. */
const program = /^(?:npx|lab|go-deadlock-lab|npm|sudo|su|apt-get|go|pgrep|ss|cd|sysctl|ulimit|curl|dlv|gdb) /;

/** What to do; each command in it stands on a line of its own. */
function hintLines(hint: string, width: number): string[] {
  const first = '  do:  ';
  const parts = partsOf(hint);
  return parts.flatMap(({ text, command }, at) => {
    const lead = at === 0 ? first : indent;
    return command ? [`${lead}${text}`] : wrap(text, { width, indent, first: lead, whole: true });
  });
}

interface Part {
  readonly text: string;
  readonly command: boolean;
}

/** `see who has it: ss -ltn; or choose another` holds a command between two pieces of prose. */
function partsOf(hint: string): Part[] {
  const parts: Part[] = [];
  for (const piece of hint.split(/(?<=: )|(?<=;) (?=or )/)) {
    const before = parts.at(-1);
    if (program.test(piece)) parts.push({ text: piece.replace(/;$/, ''), command: true });
    else if (before === undefined || before.command) parts.push({ text: piece.trim(), command: false });
    else parts[parts.length - 1] = { text: `${before.text} ${piece.trim()}`, command: false };
  }
  return parts;
}
