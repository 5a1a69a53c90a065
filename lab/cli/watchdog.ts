import { Worker } from 'node:worker_threads';

/** Milliseconds without a sign of life after which nothing will come any more. */
const silentMs = 3_000;
const beatMs = 200;

/** Of the thread beside: it can end a process whose event loop stands still, which no signal handler can. */
const program = `
const { workerData } = require('node:worker_threads');
const beats = new Int32Array(workerData.beats);
let last = -1;
let since = Date.now();
setInterval(() => {
  const now = Atomics.load(beats, 0);
  if (now !== last) { last = now; since = Date.now(); }
  else if (Date.now() - since > workerData.silentMs) process.kill(process.pid, 'SIGKILL');
}, workerData.beatMs);
`;

/**
 * From now on the process ends by itself when its event loop stands still for seconds: for a process that was asked to
 * end and may be in the middle of a computation that never does.
 */
export function endIfStuck(): void {
  const beats = new SharedArrayBuffer(4);
  const counter = new Int32Array(beats);
  setInterval(() => Atomics.add(counter, 0, 1), beatMs).unref();
  new Worker(program, { eval: true, execArgv: [], workerData: { beats, silentMs, beatMs } }).unref();
}
