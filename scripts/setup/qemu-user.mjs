import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const needed = 'qemu-aarch64-static';

/** Why programs of arm64 cannot be run here; `undefined` when they can. */
export function whyNoArm64() {
  const folders = (process.env.PATH ?? '').split(delimiter);
  if (folders.some((folder) => existsSync(join(folder, needed)))) return undefined;
  return `${needed} is not installed; apt-get install -y qemu-user-static`;
}
