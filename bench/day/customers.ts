import { request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { epochMs } from '../../lab/clock.js';
import type { Service } from './service.js';

/** What a moment of the day is, for those who count what customers lose. */
export type Moment = 'quiet' | 'disturbed' | 'hung' | 'restarting';

export interface Counted {
  requests: number;
  lost: number;
  slowestMs: number;
}

/**
 * Customers of one service that count: one request after the other on fresh connections, of a page that no hang of the catalogue
 * keeps from being answered.
 */
export interface Customers extends Disposable {
  moment(moment: Moment): void;
  readonly counted: Readonly<Record<Moment, Counted>>;
  /** What was lost while nothing but the watch was there, with its reason. */
  readonly losses: readonly string[];
}

const everyMs = 200;
const patienceMs = 5_000;
const knownMs = 250;
const nothing = (): Counted => ({ requests: 0, lost: 0, slowestMs: 0 });

export function openCustomers({ origin, pid }: Pick<Service, 'origin' | 'pid'>): Customers {
  const counted = { quiet: nothing(), disturbed: nothing(), hung: nothing(), restarting: nothing() };
  const losses: string[] = [];
  let current: Moment = 'quiet';
  let changed = 0;
  const ask = (): void => {
    const [began, change, at, asked] = [current, changed, epochMs(), pid()];
    const end = async (lost: string | undefined): Promise<void> => {
      // What lies in two moments is not counted: what ended it is not known.
      if (change !== changed) return;
      const ms = epochMs() - at;
      // A connection ends before it is known that its process has.
      if (lost !== undefined) await delay(knownMs);
      const moment = asked === 0 || asked !== pid() ? 'restarting' : began;
      const of = counted[moment];
      of.requests += 1;
      of.slowestMs = Math.max(of.slowestMs, ms);
      if (lost === undefined) return;
      of.lost += 1;
      if (moment !== 'disturbed' && moment !== 'restarting')
        losses.push(`${new Date(at).toISOString()} ${moment}: ${lost} after ${Math.round(ms)} ms`);
    };
    const page = request(`${origin}/no-such-page`, { agent: false, timeout: patienceMs });
    page.once('response', (response) => {
      response.resume();
      response.once('end', () => void end(undefined));
      response.once('error', (error) => void end(error.message));
    });
    page.once('timeout', () => page.destroy(new Error('no answer')));
    page.once('error', (error) => void end(error.message));
    page.end();
  };
  const timer = setInterval(ask, everyMs);
  return {
    moment(moment) {
      if (moment === current) return;
      current = moment;
      changed += 1;
    },
    counted,
    losses,
    [Symbol.dispose]: () => clearInterval(timer),
  };
}
