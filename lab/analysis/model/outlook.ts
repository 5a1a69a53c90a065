import type { OutlookKind } from './diagnosis.js';

/**
 * What becomes of a goroutine: `ends`: something that is alive will end its wait, and is named. `idle`: it waits for
 * work, nobody waits for it, and what brings work is alive. `stuck`: a finding tells of it. `spinning`: it runs round a
 * loop that only others can end. `unclear`: all that speaks for it is that somebody may come.
 */
export interface Outlook {
  readonly kind: OutlookKind;
  readonly why: string;
}
