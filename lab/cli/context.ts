import { createColors } from 'picocolors';
import type { LabError } from '../errors.js';
import { inOwnWords } from '../own-command.js';
import { allPrintable, printable, printableJson, safeText } from '../printable.js';
import { textWidth } from '../report/wrap.js';
import { errorLines } from './error-lines.js';

export interface OutputOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** What a command writes to. With `--json` stdout carries one document and nothing else. */
export interface Output {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly colour: boolean;
  /** Human text on stdout; nothing with `--json`. */
  print(text: string): void;
  /** The one document of `--json`; nothing without it. */
  document(value: unknown): void;
  /** A line for a person on stderr; nothing with `--quiet`. */
  aside(text: string): void;
}

/** Knows whether its document was given. */
export interface OpenOutput extends Output {
  readonly documented: boolean;
}

export function openOutput({ json = false, quiet = false }: OutputOptions): OpenOutput {
  let documented = false;
  const colour = hasColour(process.stdout);
  return {
    json,
    quiet,
    colour,
    get documented() {
      return documented;
    },
    print(text) {
      if (!json) process.stdout.write(`${safeText(inOwnWords(text.trimEnd()), colour)}\n`);
    },
    document(value) {
      documented = true;
      if (json) process.stdout.write(`${printableJson(value)}\n`);
    },
    aside(text) {
      if (quiet) return;
      const own = inOwnWords(text.trimEnd());
      process.stderr.write(`${safeText(own, hasColour(process.stderr))}\n`);
    },
  };
}

/** Whether to colour a stream: a terminal, no `NO_COLOR` (no-color.org), no dumb terminal. */
export function hasColour(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY === true && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb';
}

/** Columns of a terminal that a text may take; 80 where there is none. */
export function columnsOf({ isTTY, columns }: NodeJS.WriteStream): number {
  return isTTY === true && columns > 0 ? Math.max(30, Math.min(columns, 120)) : textWidth;
}

/** An error as a person reads it: what failed, the one thing to do, where the evidence lies. */
export function errorText(error: LabError, evidence: string | undefined): string {
  const colours = createColors(hasColour(process.stderr));
  const { message, hint } = allPrintable({
    message: inOwnWords(error.message),
    hint: error.hint && inOwnWords(error.hint),
  });
  return errorLines({ message, hint }, evidence && printable(evidence), columnsOf(process.stderr))
    .join('\n')
    .replace(/^error:/, colours.red('error:'))
    .replace(/^ {2}do:/m, `  ${colours.bold('do:')}`);
}
