import { LabError } from '../errors.js';
import type { Architecture } from './place.js';

const names: Readonly<Record<string, Architecture>> = {
  amd64: 'amd64',
  x86_64: 'amd64',
  'x86-64': 'amd64',
  arm64: 'arm64',
  aarch64: 'arm64',
};

/** Of `linux/amd64`, or what `uname -m` says. Throws `target` for a machine that the helper is not built for. */
export function architectureOf(said: string, where: string): Architecture {
  const words = said.trim().toLowerCase().split('/');
  const machine = words.at(-1) ?? '';
  const known = words.length === 1 || words[0] === 'linux' ? names[machine] : undefined;
  if (known !== undefined) return known;
  throw new LabError(`the machine of ${where} is ${said.trim() || 'of an unknown kind'}`, {
    code: 'target',
    hint: 'capture containers of Linux on amd64 or arm64',
  });
}
