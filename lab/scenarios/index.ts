import { blog } from './blog.js';
import { catalog } from './catalog.js';
import { feed } from './feed.js';
import { gossip } from './gossip.js';
import type { Scenario } from './scenario.js';
import { sessions } from './sessions.js';
import { thumbnails } from './thumbnails.js';

/** Every scenario, in the order of the catalogue. */
export const scenarios: readonly Scenario[] = [blog, catalog, gossip, feed, sessions, thumbnails];
