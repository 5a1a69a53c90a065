import { autocannonDriver } from './autocannon.js';
import type { LoadDriver } from './driver.js';
import { wrkDriver } from './wrk.js';

/** Every load driver; the first is the default. */
export const loadDrivers: readonly [LoadDriver, ...LoadDriver[]] = [autocannonDriver, wrkDriver];
