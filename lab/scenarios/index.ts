import { alarms } from './alarms.js';
import { albums } from './albums.js';
import { audit } from './audit.js';
import { blog } from './blog.js';
import { bulletin } from './bulletin.js';
import { catalog } from './catalog.js';
import { crawler } from './crawler.js';
import { depot } from './depot.js';
import { exportScenario } from './export.js';
import { feed } from './feed.js';
import { follow } from './follow.js';
import { gateway } from './gateway.js';
import { gossip } from './gossip.js';
import { images } from './images.js';
import { intake } from './intake.js';
import { invoices } from './invoices.js';
import { ledger } from './ledger.js';
import { mailer } from './mailer.js';
import { mailing } from './mailing.js';
import { orders } from './orders.js';
import { payments } from './payments.js';
import { permissions } from './permissions.js';
import { pool } from './pool.js';
import { quotes } from './quotes.js';
import { rates } from './rates.js';
import { registry } from './registry.js';
import { renderer } from './renderer.js';
import { ring } from './ring.js';
import type { Scenario } from './scenario.js';
import { search } from './search.js';
import { sessions } from './sessions.js';
import { shop } from './shop.js';
import { sitemap } from './sitemap.js';
import { stampede } from './stampede.js';
import { stock } from './stock.js';
import { subscribe } from './subscribe.js';
import { tenants } from './tenants.js';
import { thumbnails } from './thumbnails.js';
import { transfer } from './transfer.js';
import { walk } from './walk.js';

/** Every scenario: the article's, then class by class. */
export const scenarios: readonly Scenario[] = [
  blog,
  stampede,
  gossip,
  registry,
  depot,
  transfer,
  shop,
  catalog,
  permissions,
  search,
  exportScenario,
  images,
  payments,
  orders,
  ledger,
  renderer,
  sitemap,
  ring,
  walk,
  alarms,
  sessions,
  subscribe,
  follow,
  albums,
  mailer,
  crawler,
  pool,
  feed,
  audit,
  gateway,
  tenants,
  intake,
  thumbnails,
  mailing,
  invoices,
  quotes,
  rates,
  bulletin,
  stock,
];
