import { alarms } from './alarms.js';
import { albums } from './albums.js';
import { blog } from './blog.js';
import { catalog } from './catalog.js';
import { crawler } from './crawler.js';
import { depot } from './depot.js';
import { feed } from './feed.js';
import { gossip } from './gossip.js';
import { mailer } from './mailer.js';
import { permissions } from './permissions.js';
import { pool } from './pool.js';
import { registry } from './registry.js';
import type { Scenario } from './scenario.js';
import { shop } from './shop.js';
import { sessions } from './sessions.js';
import { thumbnails } from './thumbnails.js';
import { transfer } from './transfer.js';

/** Every scenario, in the order of the catalogue. */
export const scenarios: readonly Scenario[] = [
  blog,
  catalog,
  gossip,
  feed,
  sessions,
  thumbnails,
  registry,
  transfer,
  shop,
  permissions,
  albums,
  mailer,
  crawler,
  pool,
  depot,
  alarms,
];
