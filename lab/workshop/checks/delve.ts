import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { withDeadline } from '../../deadline.js';
import { delveClient } from '../../delve/client.js';
import { connectRpc } from '../../delve/rpc.js';
import { messageOf } from '../../errors.js';
import { met, notYet } from '../place.js';
import { delvesAt, endProcesses } from '../processes.js';
import { check, word } from '../word.js';

const answerMs = 3_000;

/** `delve-listening`: a headless Delve at the participant's port answers JSON-RPC. */
export const delveListening = word('delve-listening', z.strictObject({}), () =>
  check({
    async look({ ports, signal }) {
      const address = `127.0.0.1:${ports.delve}`;
      const [delve] = await delvesAt(ports.delve);
      // One without this option would end with the connection of this very check.
      const argv = delve && (await readFile(`/proc/${delve.pid}/cmdline`, 'utf8').catch(() => ''));
      if (argv !== undefined && !argv.includes('--accept-multiclient')) {
        return notYet(
          'the Delve that listens was started without --accept-multiclient: it serves one client only',
        );
      }
      const deadline = withDeadline(signal, answerMs);
      try {
        await using rpc = await connectRpc({ host: '127.0.0.1', port: ports.delve }, { signal: deadline });
        const { DelveVersion } = await delveClient(rpc).getVersion({ signal: deadline, timeoutMs: answerMs });
        return met(`a Delve listens at ${address}: ${DelveVersion.split('\n')[0] ?? ''}`);
      } catch (error) {
        signal.throwIfAborted();
        return notYet(`no Delve answers at ${address}: ${messageOf(error)}`);
      }
    },
    async reset({ ports, target, signal }) {
      await endProcesses(await delvesAt(ports.delve), target, signal);
    },
  }),
);
