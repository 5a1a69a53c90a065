import { audit } from './audit.js';
import { blog } from './blog.js';
import { catalog } from './catalog.js';
import { exportScenario } from './export.js';
import { feed } from './feed.js';
import { follow } from './follow.js';
import { gateway } from './gateway.js';
import { gossip } from './gossip.js';
import { images } from './images.js';
import { intake } from './intake.js';
import { mailing } from './mailing.js';
import { ring } from './ring.js';
import type { Scenario } from './scenario.js';
import { search } from './search.js';
import { subscribe } from './subscribe.js';
import { tenants } from './tenants.js';
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
  subscribe,
  follow,
  audit,
  gateway,
  tenants,
  intake,
  mailing,
];
