import { readFileSync, writeFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

/**
 * Loaded into a process before its program (`node --import`): when it leaves, its `/proc/self/stat` goes to the file that
 * `LAB_TEST_STAT` names, followed by its pid. Only a process itself knows what the children took that it waited for.
 */
const file = process.env['LAB_TEST_STAT'];
if (isMainThread && file !== undefined) {
  process.once('exit', () => writeFileSync(`${file}.${process.pid}`, readFileSync('/proc/self/stat')));
}
