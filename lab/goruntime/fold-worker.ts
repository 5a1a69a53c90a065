import { parentPort, workerData } from 'node:worker_threads';
import { openCoreMemory } from '../core/memory.js';
import { memoryFor } from './fold-batch.js';
import { eachClaimed, type FoldJob } from './fold-claims.js';
import { buffersOf, newOthers, partOf } from './fold-part.js';
import { newPass } from './fold-pass.js';
import { newTables } from './fold-tables.js';
import { memberLog } from './members.js';

/*
 * A thread that folds goroutines beside the main one: see fold-helpers.ts. What locks and the like they wait for
 * it leaves to the main thread, which knows it already.
 */
const job: FoldJob = workerData;
using whole = openCoreMemory(job.core, job.exe);
const memory = memoryFor(job.reading, whole);
const tables = newTables(job.members ? memberLog(memory, job.layout) : undefined);
const others = newOthers();
{
  const pass = newPass(memory, job.layout, job.reading.size, tables, others.count);
  for (const { from, length } of eachClaimed(job)) pass(from, length);
}
const part = partOf(tables, others);
parentPort?.postMessage(part, buffersOf(part));
