import { basename } from 'node:path';
import { isCheckout } from './paths.js';

/**
 * How this lab is typed: `npx lab` in a checkout, which is how all its texts name it. An installed package goes by the name that
 * it was called by, or by npx as long as npx alone knows it: another program of that name may lie on PATH, or in the registry.
 */
export function ownCommand(path: string = process.argv[1] ?? ''): string {
  if (isCheckout) return 'npx lab';
  return path.includes('/_npx/') ? 'npx go-deadlock-lab' : basename(path).replace(/\.m?js$/, '');
}

/** A text of the lab's own with its commands as they are typed here. */
export function inOwnWords(text: string, command: string = ownCommand()): string {
  if (command === 'npx lab') return text;
  return text.replace(/\bnpm run lab -- |\bnpx lab\b/g, (typed) =>
    typed.endsWith(' ') ? `${command} ` : command,
  );
}
