import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { poll } from '../../lab/deadline.js';
import { freePort } from '../free-port.js';

const { signal } = new AbortController();
const names = ['oslo', 'lima', 'turin', 'perth'];

/** Warehouses of `go-server/warehouses`, each a process that knows the next one; the last one knows the first. */
export interface Siblings extends AsyncDisposable {
  readonly pids: readonly number[];
  /** Begins a transfer from each to the next, and ends their lists when all have begun. */
  shipRound(): Promise<void>;
  /** Asks one of them for its stock; what becomes of it is not waited for. */
  askStock(index: number): void;
  /** Transfers in all directions for as long as it is not disposed of; each that was answered counts. */
  keepShipping(): AsyncDisposable & { answered(): number };
  /** Waits until each has so many goroutines below a function, as pprof shows it. */
  parked(name: string, goroutines: number): Promise<void>;
}

interface Sibling {
  readonly url: string;
  readonly pprof: string;
  readonly pid: number;
  readonly ended: Promise<unknown>;
  kill(): void;
}

export async function startSiblings(
  exe: string,
  { count = 2, flags = [] }: { readonly count?: number; readonly flags?: readonly string[] } = {},
): Promise<Siblings> {
  const ports = await Promise.all(Array.from({ length: count }, freePort));
  const next = (i: number) => (i + 1) % count;
  const siblings: Sibling[] = [];
  for (const [i, port] of ports.entries()) {
    const sibling = `-sibling=${names[next(i)]}=http://127.0.0.1:${ports[next(i)]}`;
    siblings.push(await startOne(exe, [`-addr=127.0.0.1:${port}`, sibling, ...flags]));
  }
  const target = (i: number) => `${siblings[i]?.url}/transfers?to=${names[next(i)]}`;
  const open = new Set<ReturnType<typeof post>>();
  const parked: Siblings['parked'] = async (name, goroutines) => {
    for (const { pprof } of siblings) {
      const found = await poll(
        async () => {
          const text = await (await fetch(`${pprof}/debug/pprof/goroutine?debug=2`)).text();
          return (
            text.split('\n\n').filter((one) => one.includes(`${name}(`)).length >= goroutines || undefined
          );
        },
        { signal, deadlineMs: 30_000, everyMs: 10 },
      );
      if (found !== true) throw new Error(`not ${goroutines} goroutines are in ${name}`);
    }
  };
  return {
    pids: siblings.map(({ pid }) => pid),
    parked,
    async shipRound() {
      const transfers = siblings.map((_, i) => post(target(i), '{"article":"lamp","count":1}\n'));
      for (const one of transfers) open.add(one);
      await parked('main.(*List).Next', 1);
      for (const { end } of transfers) end('{"article":"chair","count":1}\n');
    },
    askStock(index) {
      fetch(`${siblings[index]?.url}/stock`).catch(() => undefined);
    },
    keepShipping() {
      let [running, answered] = [true, 0];
      const ship = async (i: number) => {
        while (running) {
          const response = await fetch(target(i), { method: 'POST', body: '{"article":"lamp","count":1}\n' });
          await response.text();
          answered += 1;
        }
      };
      const all = siblings.flatMap((_, i) => Array.from({ length: 4 }, () => ship(i)));
      return {
        answered: () => answered,
        async [Symbol.asyncDispose]() {
          running = false;
          await Promise.all(all);
        },
      };
    },
    async [Symbol.asyncDispose]() {
      for (const { kill } of siblings) kill();
      await Promise.all(siblings.map(({ ended }) => ended));
      for (const { destroy } of open) destroy();
    },
  };
}

async function startOne(exe: string, flags: readonly string[]): Promise<Sibling> {
  const child = spawn(exe, flags, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const look = (name: string) => new RegExp(`^${name} listening addr=(\\S+)$`, 'm').exec(said)?.[1];
  const ready = await poll(
    () => {
      const [server, pprof] = [look('server'), look('pprof')];
      return server === undefined || pprof === undefined ? undefined : { server, pprof };
    },
    { signal, deadlineMs: 20_000, everyMs: 5 },
  );
  const kill = () => void child.kill('SIGKILL');
  if (ready === undefined || child.pid === undefined) {
    kill();
    throw new Error(`${exe} did not get ready: ${said}`);
  }
  const [url, pprof] = [`http://${ready.server}`, `http://${ready.pprof}`];
  return { url, pprof, pid: child.pid, ended, kill };
}

/** A request whose body is open, so that its handler waits for the rest of it. */
function post(url: string, begin: string) {
  const sent = request(url, { method: 'POST' });
  sent.on('error', () => undefined);
  sent.on('response', (response) => response.resume());
  sent.write(begin);
  return { end: (rest: string) => void sent.end(rest), destroy: () => void sent.destroy() };
}
