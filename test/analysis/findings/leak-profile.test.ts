import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { expect } from 'chai';
import { analyzeDump } from '../../../lab/analysis/analyze-dump.js';
import { type Seeing, whyUnseen, withoutProfile } from '../../../lab/analysis/findings/unseen.js';
import type { Diagnosis } from '../../../lab/analysis/model/diagnosis.js';
import type { Bucket, Wait } from '../../../lab/analysis/model/snapshot.js';
import { readLeakProfile } from '../../../lab/analysis/read/leak-profile.js';
import { noVariables } from '../../../lab/core/variable-names.js';
import { readDumps } from '../../../lab/dump/index.js';
import { projectRoot } from '../../../lab/paths.js';
import { leakProfileText } from '../../../lab/report/screen/leak-profile.js';
import { columnsIn } from '../../../lab/report/wrap.js';
import { plainScreen } from '../../fakes/screen.js';
import { rejectsWith } from '../../rejects.js';
import { tempFolder } from '../../temp-folder.js';
import { waitingBucket } from '../../waiting-bucket.js';

const { signal } = new AbortController();
const fixture = (version: string, name: string) =>
  resolve(projectRoot, `test/fixtures/dumps/go${version}/${name}`);

const strange = `goroutineleak profile: total 3
3 @ 0x486dea 0x4176ce 0x417212 0x525f79 0x48d521
#	0x525f78	example.com/other.(*hub).send+0x18	/src/other/hub.go:12

`;

async function* chunks(bytes: Uint8Array) {
  yield bytes;
}

/** The dump of all goroutines that follows the counts in the fixture, beside a profile. */
async function beside(version: string, profile: string): Promise<Diagnosis> {
  const dumps = await readDumps(chunks(await readFile(fixture(version, 'leak.txt'))), { signal });
  const dump = dumps.at(-1);
  if (dump === undefined) throw new Error('no dump');
  const leakProfile = await readLeakProfile(profile, signal);
  return await analyzeDump(dump, { name: 'a dump', noSource: true, leakProfile }, () => undefined, signal);
}

describe("the runtime's leak profile beside a dump", () => {
  for (const version of ['1.26', '1.27']) {
    it(`has the same goroutines as that dump of Go ${version} marks`, async () => {
      const { leakProfile } = await beside(version, fixture(version, 'leak.txt'));
      const { groups = [], goroutines, limits } = leakProfile ?? {};
      expect(goroutines).to.be.greaterThan(20);
      expect(groups.reduce((sum, { leaked }) => sum + leaked, 0)).to.equal(goroutines);
      // Nothing tells the analysis what their cases are.
      const others = groups.filter(({ seenBy, group }) => seenBy !== 'both' || group === null);
      expect(others.map(({ seenBy, place }) => `${seenBy} ${place.function}`)).to.deep.equal([
        'runtime main.choose',
      ]);
      expect(limits).to.deep.equal([]);
    });
  }

  it('is told from one of all goroutines, by its form or by its marks', async () => {
    const all = await rejectsWith('usage', readLeakProfile(fixture('1.27', 'debug1.txt'), signal));
    expect(all.message).to.match(/is a profile of all goroutines, not of those that leaked$/);
    expect(all.hint).to.contain('goroutineleak?debug=2');
    await rejectsWith('usage', readLeakProfile(fixture('1.27', 'proto.pb.gz'), signal));
    const { leakProfile } = await beside('1.27', fixture('1.27', 'quit.txt'));
    expect(leakProfile?.limits.join()).to.match(/marked \(leaked\): either none was/);
  });

  it('of another process is said to be strange', async () => {
    await using folder = await tempFolder();
    const other = folder.file('leaks.txt');
    await writeFile(other, strange);
    const { leakProfile } = await beside('1.27', other);
    expect(leakProfile?.groups[0]).to.include({ group: null, seenBy: 'runtime', leaked: 3 });
    expect(leakProfile?.limits.join()).to.match(/may be of another process or build/);
  });

  it('is shown in a table of 80 columns', async () => {
    const text = leakProfileText(await beside('1.27', fixture('1.27', 'leak.txt')), plainScreen);
    expect(text.split('\n').filter((line) => columnsIn(line) > 80 && !line.includes('/'))).to.deep.equal([]);
    expect(text).to.match(/^ {2}both +\d+ +\d+ {2}S\d+ +main\.\S+ main\.go:\d+ \(.+\)$/m);
  });
});

const onChannel: Wait = { kind: 'channel', cases: [{ channel: 0xc000012000, direction: 'send' }] };

describe('why the runtime does not see a goroutine', () => {
  const seeing = (over: Partial<Seeing> = {}): Seeing => ({
    profile: { source: 'leaks', form: 'counts', time: undefined, stacks: [], limits: [] },
    snapshot: {
      ...{ goroutines: { total: 1, user: 1, system: 0, blocked: 1 }, signatures: [], buckets: [] },
      ...{ channels: new Map(), reached: { reaches: () => false } },
    },
    graph: { buckets: [], channels: new Map(), releasers: new Map() },
    ...{ goVersion: 'go1.27.1', moment: undefined, nameOf: () => 'main.c', variables: noVariables },
    isStuck: () => false,
    ...over,
  });
  const waiting = (waitReason: string, over: Partial<Bucket['signature']> = {}): Bucket => {
    const bucket = waitingBucket(42, onChannel, { function: 'main.f', file: '/app/main.go', line: 1 });
    return { ...bucket, signature: { ...bucket.signature, status: 'waiting', waitReason, ...over } };
  };

  it('is that it does not look at such waits', () => {
    for (const reason of ['IO wait', 'sleep', 'semacquire', 'coroutine', 'chan receive (durable)'])
      expect(whyUnseen(waiting(reason), seeing())).to.contain(`wait by "${reason}"`);
    for (const reason of [
      'chan send',
      'select',
      'sync.Cond.Wait',
      'sync.RWMutex.RLock',
      'chan send (nil chan)',
    ])
      expect(whyUnseen(waiting(reason), seeing())).not.to.contain('wait by');
    expect(whyUnseen(waiting('', { status: 'syscall' }), seeing())).to.match(/^they are not parked/);
  });

  it('is that main keeps the program running', () => {
    const main = { ...waiting('select (no cases)'), ids: [1] };
    expect(whyUnseen(main, seeing())).to.match(/leaves out the main goroutine/);
    expect(whyUnseen({ ...main, ids: [2] }, seeing())).not.to.match(/leaves out the main goroutine/);
  });

  it('is that the program was built without', () => {
    expect(withoutProfile('go1.25.5')).to.match(/go1\.25\.5 has none, Go 1\.27 does/);
    expect(withoutProfile('go1.26.8')).to.match(/GOEXPERIMENT=goroutineleakprofile/);
    for (const version of ['go1.26.8-X:goroutineleakprofile', 'go1.27.1', 'unknown'])
      expect(withoutProfile(version), version).to.equal(undefined);
    expect(whyUnseen(waiting('chan send'), seeing({ goVersion: 'go1.25.5' }))).to.match(/built without/);
  });

  it('is the moment at which it was taken, where nothing leads to the object', () => {
    expect(whyUnseen(waiting('chan send'), seeing())).to.match(/did not wait yet$/);
    expect(whyUnseen(waiting('chan send'), seeing({ moment: '12 s before it' }))).to.contain(
      '12 s before it',
    );
    const profile = { ...seeing().profile, form: 'traceback', ids: new Set([99]) } as const;
    const later = seeing({ profile, moment: '12 s before it' });
    expect(whyUnseen(waiting('chan send'), later)).to.match(/started after it was taken$/);
    expect(whyUnseen(waiting('chan send'), seeing({ profile }))).to.match(/or it is of another process$/);
  });

  it('is what leads to the object', () => {
    const variables = { at: () => 'runtime.allp', ofRuntime: [] };
    const by = (root: object) => {
      const reached = { reaches: () => true, rootOf: () => root as never };
      const { snapshot } = seeing();
      return whyUnseen(waiting('chan send'), seeing({ variables, snapshot: { ...snapshot, reached } }));
    };
    expect(by({ kind: 'variable', address: 8, itself: false })).to.match(
      /runtime\.allp, where timers are kept/,
    );
    expect(by({ kind: 'attached' })).to.match(/^a finalizer, a cleanup or a weak pointer leads to main\.c$/);
    expect(by({ kind: 'thread' })).to.match(/of a thread leads to main\.c$/);
    expect(by({ kind: 'goroutine', id: 7 })).to.match(/stack of goroutine 7 leads to main\.c, and it runs/);
  });
});
