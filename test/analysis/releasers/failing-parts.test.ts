import { expect } from 'chai';
import type { Locator } from '../../../lab/analysis/model/locator.js';
import type { Bucket, Signature, Snapshot } from '../../../lab/analysis/model/snapshot.js';
import { waitObject } from '../../../lab/analysis/model/wait-object.js';
import { forEvidence } from '../../../lab/analysis/read/evidence-client.js';
import { searchAll } from '../../../lab/analysis/releasers/study.js';
import type { DelveClient } from '../../../lab/delve/client.js';
import { LabError } from '../../../lab/errors.js';
import { withoutSources } from '../../../lab/source/sources.js';

const at = { function: 'main.put', file: '/f.go', line: 7 };
const signature: Signature = {
  ...{ id: 'S1', count: 1, waitReason: 'chan send', status: 'waiting', system: false, exampleIds: [5] },
  frames: [{ ...at, index: 0, inlined: false }],
  ...{ currentLocation: at, userLocation: at, startLocation: at, goStatementLocation: at },
};
const bucket: Bucket = {
  ...{ key: 'S1', signature, count: 1, ids: [5], elem: 0 },
  wait: { kind: 'channel', cases: [{ channel: 4096, direction: 'send' }] },
};
const snapshot: Snapshot = {
  ...{ goroutines: { total: 1, user: 1, system: 0, blocked: 1 }, signatures: [signature], buckets: [bucket] },
  channels: new Map(),
};
const channels: Locator = {
  address: () => Promise.resolve('unreadable'),
  through: () => 'unreadable',
  holds: () => false,
  binds: () => false,
  keeps: () => 'unreadable',
};
const { signal } = new AbortController();
const sources = withoutSources('', [], () => false);
const op = { op: 1, text: 'c <- 1', expr: 'c', line: 7, near: true, done: false };
const asked = {
  ...sources,
  absent: undefined,
  frame: () => ({ library: false, known: true, start: 7, here: true, byName: false }),
  places: () => Promise.resolve([[op]]),
};

describe('a search that fails', () => {
  const failing = (error: Error) => ({ ...asked, releasers: () => Promise.reject(error) });
  const look = (error: Error) => searchAll(snapshot, failing(error), { channels }, signal);

  it('leaves open who ends the wait, and says why', async () => {
    const { byObject } = await look(new RangeError('Maximum call stack size exceeded'));
    expect(byObject.get(waitObject('send', 4096))?.releasers).to.deep.equal([
      {
        kind: 'open',
        why: 'looking for that failed (Maximum call stack size exceeded)',
        blind: true,
      },
    ]);
  });

  it('ends everything when it was interrupted', async () => {
    const interrupted = new LabError('interrupted', { code: 'interrupted' });
    expect(await look(interrupted).catch((error: unknown) => error)).to.equal(interrupted);
  });
});

describe('a question that Delve does not answer', () => {
  const options = { signal, timeoutMs: 1 };
  const scope = { goroutineId: 5, frame: 0 };

  it('costs its evidence, is the last one, and is told', async () => {
    let questions = 0;
    const silent = {
      eval: () => {
        questions += 1;
        return Promise.reject(new LabError('Delve did not answer Eval within 30 s', { code: 'undecided' }));
      },
    } as unknown as DelveClient;
    const { client, unanswered } = forEvidence(silent);
    expect(unanswered()).to.deep.equal([]);
    const answers = [await client.eval(scope, 'c', options), await client.eval(scope, 'd', options)];
    expect(answers.map(({ kind }) => kind)).to.deep.equal(['unreadable', 'unreadable']);
    expect(questions).to.equal(1);
    expect(await client.stacktrace({ id: 5, depth: 1 }, options).catch(String)).to.include('did not answer');
    expect(unanswered()).to.deep.equal([
      'Delve did not answer Eval within 30 s: it was not asked about further frames, and what rests on them is left open.',
    ]);
  });
});
