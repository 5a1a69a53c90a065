import { LabError } from '../errors.js';
import type { ServerNeed } from '../scenarios/scenario.js';
import type { Target } from '../targets/target.js';
import { locate } from '../toolchain/locate.js';
import { installCommand, packageAccess } from '../toolchain/packages.js';

/** A program of each package, and where Debian has it beside PATH. */
const programs: Readonly<Record<ServerNeed, { readonly name: string; readonly folders: readonly string[] }>> =
  {
    postgresql: { name: 'initdb', folders: ['/usr/lib/postgresql/*/bin'] },
  };

/** Throws `missing-tool`, with the command that installs it, where a target lacks what a server starts for itself. */
export async function requireNeed(target: Target, need: ServerNeed, signal: AbortSignal): Promise<void> {
  const { name, folders } = programs[need];
  if ((await locate(target, name, folders, signal)).length > 0) return;
  throw new LabError(`${need} is not installed on ${target.name}`, {
    code: 'missing-tool',
    hint: installCommand([need], await packageAccess(target, signal)),
  });
}
