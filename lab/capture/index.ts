import { LabError } from '../errors.js';
import { delveDump } from './delve-dump.js';
import { gcore } from './gcore.js';
import { helper } from './helper/method.js';
import { kernel } from './kernel.js';
import type { CaptureMethod } from './method.js';

/** A new way to capture is one file and one line here. */
export const captureMethods: readonly CaptureMethod[] = [helper, gcore, kernel, delveDump];

/** The method of that name. Throws `usage` naming all of them. */
export function captureMethod(name: string): CaptureMethod {
  const found = captureMethods.find((method) => method.name === name);
  if (found !== undefined) return found;
  throw new LabError(`there is no way to take a core that is called ${name}`, {
    code: 'usage',
    hint: `choose one of: ${captureMethods.map((method) => method.name).join(', ')}`,
  });
}
