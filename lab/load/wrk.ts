import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { epochMs } from '../clock.js';
import { interrupted, LabError } from '../errors.js';
import type { LoadDriver, LoadEnd, LoadOptions, LoadSession } from './driver.js';
import type { LoadSample, LoadStep } from './sample.js';
import { createTally } from './tally.js';

/**
 * Load by wrk, where it is installed. wrk by itself is silent until its end; a script makes each of its
 * threads print how many responses came since it last printed, at most every 50 ms. Errors and time-outs
 * it tells at its end only, which a hung server's load never reaches: its samples say so.
 */
export const wrkDriver: LoadDriver = { name: 'wrk', open };

// A thread's last responses before a silence stay unprinted when they came within 50 ms of its last line:
// by that much the samples place the last byte too early.
const progressScript = `
local ffi = require("ffi")
ffi.cdef[[ struct lab_timespec { long s; long ns; }; int clock_gettime(int clock, struct lab_timespec *at); ]]
local at = ffi.new("struct lab_timespec")
local count, printed, buffer = 0, 0, nil

function init(args)
  local pipelining = tonumber(args[1]) or 1
  local requests = {}
  for i = 1, pipelining do requests[i] = wrk.format() end
  buffer = table.concat(requests)
end

function request() return buffer end

function response()
  count = count + 1
  ffi.C.clock_gettime(1, at)
  local now = tonumber(at.s) * 1000 + tonumber(at.ns) / 1000000
  if now - printed >= 50 then
    io.stdout:write("progress ", count, "\\n")
    io.stdout:flush()
    count, printed = 0, now
  end
end
`;

// biome-ignore lint/complexity/noExcessiveLinesPerFunction: the methods of the session share its process and their end
async function open(
  options: LoadOptions,
  onSample: (sample: LoadSample) => void,
  signal: AbortSignal,
): Promise<LoadSession> {
  if (signal.aborted) throw interrupted(signal.reason);
  await assertInstalled();
  const folder = await mkdtemp(join(tmpdir(), 'lab-wrk-'));
  const script = join(folder, 'progress.lua');
  await writeFile(script, progressScript);

  const tally = createTally();
  const pids: number[] = [];
  let current: { readonly step: LoadStep; readonly process: ReturnType<typeof launch> } | undefined;
  let responses = 0;
  let lastResponseAt: number | undefined;
  let stopping = false;
  let settle: (end: LoadEnd) => void = () => {};
  const settled = new Promise<LoadEnd>((resolve) => {
    settle = resolve;
  });

  const tell = (): void => {
    if (current === undefined || stopping) return;
    tally.update(0, { responses, errors: 0, timeouts: 0, lastResponseAt });
    const sample = tally.sample(epochMs(), current.step);
    if (sample !== undefined) onSample({ ...sample, countsFailures: false });
  };
  // wrk prints nothing while nothing arrives: silence has to be told too.
  const ticker = setInterval(tell, 100);

  const push = (step: LoadStep): void => {
    if (stopping) return;
    const before = current?.process;
    const wrk = launch(script, step, options);
    current = { step, process: wrk };
    before?.kill('SIGKILL');
    if (wrk.pid !== undefined) pids.push(wrk.pid);
    createInterface({ input: wrk.stdout }).on('line', (line) => {
      const match = /^progress (\d+)$/.exec(line);
      if (match?.[1] === undefined) return;
      responses += Number(match[1]);
      lastResponseAt = epochMs();
      tell();
    });
    void wrk.then((result) => {
      if (current?.process !== wrk) return;
      const how = result.signal === undefined ? `exit code ${result.exitCode}` : `signal ${result.signal}`;
      const message = `wrk ended with ${how}: ${result.stderr.trim().split('\n')[0] ?? ''}`;
      if (stopping) settle({ kind: 'stopped' });
      else if (/refused/.test(result.stderr)) settle({ kind: 'bailed-out', message });
      else settle({ kind: 'lost', pid: wrk.pid, message });
    });
  };

  const stop = async (): Promise<void> => {
    stopping = true;
    clearInterval(ticker);
    signal.removeEventListener('abort', onAbort);
    // wrk answers TERM by dying at once; its summary, which INT would bring, is of no use here.
    current?.process.kill('SIGTERM');
    await current?.process;
    settle({ kind: 'stopped' });
    await rm(folder, { recursive: true, force: true });
  };
  const onAbort = (): void => void stop();
  signal.addEventListener('abort', onAbort, { once: true });
  const ended = settled.then(async (end) => {
    await stop();
    return end;
  });

  return {
    pids,
    ended,
    push,
    async [Symbol.asyncDispose]() {
      await stop();
    },
  };
}

function launch(script: string, step: LoadStep, options: LoadOptions) {
  const argv = [
    `-t${step.workers}`,
    `-c${Math.max(step.connections, step.workers)}`,
    `-d${Math.ceil(options.maxDurationMs / 1_000)}s`,
    '--timeout',
    `${Math.ceil(options.requestTimeoutMs / 1_000)}s`,
    '-s',
    script,
    options.url,
    '--',
    String(step.pipelining),
  ];
  return execa('wrk', argv, {
    stdin: 'ignore',
    buffer: { stdout: false },
    reject: false,
    forceKillAfterDelay: 1_000,
  });
}

async function assertInstalled(): Promise<void> {
  const { code } = await execa('wrk', ['--version'], { reject: false, stdin: 'ignore' });
  if (code !== 'ENOENT' && code !== 'EACCES') return;
  throw new LabError('wrk is not installed', {
    code: 'missing-tool',
    hint: 'install it with `apt-get install wrk`, or leave out `--load wrk`',
  });
}
