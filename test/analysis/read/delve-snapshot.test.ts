import { expect } from 'chai';
import { readSnapshotByDelve } from '../../../lab/analysis/read/delve-snapshot.js';
import { delveClient } from '../../../lab/delve/client.js';
import { connectRpc } from '../../../lab/delve/rpc.js';
import { answer, rpcPeer } from '../../fakes/rpc-peer.js';
import { rejectsWith } from '../../rejects.js';

const { signal } = new AbortController();
const place = { pc: 1, file: '', line: 0 };
const goroutine = (id: number) => ({
  ...{ id, status: 4, waitReason: 1, waitSince: 0, threadID: 0, unreadable: '' },
  ...{ currentLoc: place, userCurrentLoc: place, goStatementLoc: place, startLoc: place },
});

describe('a list of goroutines that has no end', () => {
  it('is given up: damaged memory looks like the same goroutine again and again', async () => {
    await using peer = await rpcPeer(({ id, method, params }, socket) => {
      if (!method.endsWith('ListGoroutines')) {
        socket.write(JSON.stringify({ id, result: null, error: 'could not find symbol' }));
        return;
      }
      const start = Number(Object(params[0]).Start);
      const Goroutines = Array.from({ length: 2_000 }, () => goroutine(7));
      socket.write(answer(id, { Goroutines, Nextg: start + 2_000 }));
    });
    await using rpc = await connectRpc(peer, { signal });
    const client = delveClient(rpc);
    const error = await rejectsWith('undecided', readSnapshotByDelve(client, { signal }));
    expect(error.message).to.contain('many of them have one id');
    expect(peer.requests.length).to.be.below(10);
  });
});
