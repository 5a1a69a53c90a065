import { delveDump } from './delve-dump.js';
import { gcore } from './gcore.js';
import type { CaptureMethod } from './method.js';

/** A new way to capture is one file and one line here; the first is the default. */
export const captureMethods: readonly CaptureMethod[] = [gcore, delveDump];
