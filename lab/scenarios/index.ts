import { audit } from './audit.js';
import { blog } from './blog.js';
import { catalog } from './catalog.js';
import { exportScenario } from './export.js';
import { feed } from './feed.js';
import { gossip } from './gossip.js';
import { images } from './images.js';
import { ring } from './ring.js';
import type { Scenario } from './scenario.js';
import { search } from './search.js';
import { walk } from './walk.js';

/** Every scenario, in the order of the catalogue. */
export const scenarios: readonly Scenario[] = [
  blog,
  catalog,
  gossip,
  feed,
  exportScenario,
  search,
  images,
  ring,
  walk,
  audit,
];
