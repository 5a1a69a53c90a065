import type { Act, Word } from '../word.js';
import { cases } from './cases.js';
import { core } from './core.js';
import { dump } from './dump.js';
import { kit } from './kit.js';
import { load } from './load.js';
import { looks } from './looks.js';
import { sources } from './sources.js';

/** Everything that the lab can do for a step. */
export const acts: readonly Word<Act>[] = [sources, core, dump, kit, load, looks, cases];
