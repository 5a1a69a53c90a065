import { blog } from './blog.js';
import { catalog } from './catalog.js';
import type { Scenario } from './scenario.js';

/** Every scenario, in the order of the catalogue. */
export const scenarios: readonly Scenario[] = [blog, catalog];
