import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { watchForHang } from '../../hang/observe.js';
import { probe } from '../../hang/probe.js';
import { exeName } from '../core-here.js';
import { met, notYet, type Place, urlOf } from '../place.js';
import { endProcesses, processesOf } from '../processes.js';
import { check, word } from '../word.js';

const serversIn = (place: Place) => processesOf(join(place.folder, exeName));
const endServers = async (place: Place) =>
  await endProcesses(await serversIn(place), place.target, place.signal);
const probeMs = 1_000;
const watchMs = 8_000;

/** `server-runs`: the executable of the working folder runs and answers at the participant's port. */
export const serverRuns = word('server-runs', z.strictObject({}), () =>
  check({
    async look(place) {
      const [server] = await serversIn(place);
      if (server === undefined) return notYet(`no process runs ${join(place.folder, exeName)}`);
      const url = urlOf(place);
      const seen = await probe({ url, timeoutMs: probeMs }, place.signal);
      if (seen.kind === 'answered')
        return met(`pid ${server.pid} answers at ${url}, in ${Math.round(seen.ms)} ms`);
      return notYet(
        seen.kind === 'refused'
          ? `pid ${server.pid} runs, but nothing listens at ${url}: was it started with these addresses?`
          : `pid ${server.pid} runs, but a request to ${url} was not answered within ${probeMs} ms`,
      );
    },
    reset: endServers,
  }),
);

/** `server-hung`: it lives, accepts connections, answers none, and its processor time stands still. */
export const serverHung = word('server-hung', z.strictObject({}), () =>
  check({
    lane: 'load',
    async look(place) {
      const { target, emit, signal } = place;
      const [server] = await serversIn(place);
      const process = server && (await target.attach(server, signal));
      if (process === undefined) return notYet('the server does not run');
      const watch = { target, process, url: urlOf(place), maxMs: watchMs };
      // One answer is enough to know that it does not hang.
      const first = await probe({ url: watch.url, timeoutMs: probeMs }, signal);
      if (first.kind === 'answered') return notYet(`the server answers, in ${Math.round(first.ms)} ms`);
      const seen = await watchForHang(watch, emit, signal);
      return seen.kind === 'hung'
        ? met(`pid ${process.identity.pid} hangs: ${seen.why}`)
        : notYet(`no hang was seen: ${seen.why}`);
    },
    reset: endServers,
  }),
);

/** `server-ended`: it is gone, and its log holds the stacks of its goroutines, as SIGQUIT makes it print them. */
export const serverEnded = word('server-ended', z.strictObject({ log: z.string() }), ({ log }) =>
  check({
    async look(place) {
      const [server] = await serversIn(place);
      if (server !== undefined) return notYet(`pid ${server.pid} still runs`);
      const text = await readFile(join(place.folder, log), 'utf8').catch(() => '');
      const printed = text.match(/^goroutine \d+ .*\[.*\]:$/gm)?.length ?? 0;
      return printed > 0 && text.includes('SIGQUIT')
        ? met(`the server is gone and left the stacks of ${printed} goroutines in ${log}`)
        : notYet(`the server is gone, but ${log} holds no stacks: it was not ended by SIGQUIT`);
    },
  }),
);
