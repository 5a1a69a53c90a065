import { expect } from 'chai';
import { diagnosisSchema } from '../../lab/analysis/model/diagnosis.js';
import { diagnosedSideBySide, fixtureProgram, twoBuilds } from '../fixture-program.js';
import { goTools } from '../hung-program.js';
import { expectNothing } from '../nothing-found.js';
import { isSure } from '../sure.js';
import { type ExpectedPattern as Expected, furtherPatterns } from './further-patterns.js';

const { signal } = new AbortController();
const gos = await goTools(signal);

const times = <T>(count: number, value: T) => Array.from({ length: count }, () => value);

const faulty: Readonly<Record<string, Expected>> = {
  'forgotten-close': {
    rule: 'forgotten-close',
    functions: ['main.(*sales).total'],
    names: ['main.sales.amounts'],
  },
  'skipped-close': {
    rule: 'forgotten-close',
    functions: ['main.(*feed).print'],
    names: ['main.feed.rows'],
    says: /It is closed at \S*closes\.go:\d+ \(main\.\(\*feed\)\.pull, which may return before, at line \d+\), but no goroutine/,
  },
  'abandoned-pool': {
    rule: 'forgotten-close',
    functions: times(4, 'main.(*shift).pack'),
    names: ['main.shift.boxes', 'main.shift.over'],
  },
  'abandoned-global': {
    rule: 'forgotten-close',
    functions: times(3, 'main.saw'),
    names: ['main.sawmill.planks'],
    says: /No line of the program closes it/,
  },
  'idle-of-itself': {
    rule: 'forgotten-close',
    functions: times(2, 'main.(*shop).serve'),
    names: ['main.shop.orders'],
  },
  'after-timeout': {
    rule: 'leaked-sender',
    functions: times(5, 'main.measure'),
    names: times(5, 'main.gauge.level'),
    says: /main\.gauge receives from it at \S*leaks\.go:\d+ unless it times out first .* has returned/,
  },
  'after-deadline': {
    rule: 'leaked-sender',
    functions: times(3, 'main.ring'),
    names: times(3, 'main.call.reply'),
    says: /main\.call receives from it at \S+ unless its context ends first/,
  },
  'first-error': {
    rule: 'leaked-sender',
    functions: times(3, 'main.check'),
    names: ['main.checkAll.faults'],
    says: /main\.checkAll receives from it at \S+ but may return before, at line \d+, and that function, which made/,
  },
  'first-result': {
    rule: 'leaked-sender',
    functions: times(3, 'main.ask'),
    names: ['main.fastest.page'],
    says: /main\.fastest receives from it at \S+ once/,
  },
  'gone-consumer': {
    rule: 'leaked-sender',
    functions: ['main.(*stream).film'],
    names: ['main.stream.frames'],
    says: /main\.\(\*stream\)\.watch receives .* may return before.* no goroutine is in that function any more/,
  },
  'pool-of-itself': {
    rule: 'pool-waits-for-itself',
    functions: times(3, 'main.(*mill).grind'),
    names: ['main.mill.sacks'],
    victims: 2,
  },
  'pool-awaited': {
    rule: 'pool-waits-for-itself',
    functions: times(2, 'main.(*kitchen).cook'),
    names: times(2, 'main.(*kitchen).meal.sauce'),
  },
  'semaphore-of-itself': {
    rule: 'pool-waits-for-itself',
    functions: times(3, 'main.(*crawler).crawl'),
    names: ['main.crawler.slots'],
    victims: 4,
  },
  'semaphore-by-request': {
    rule: 'pool-waits-for-itself',
    functions: times(3, 'main.(*mine).dig'),
    names: ['main.mine.lamps'],
    victims: 4,
  },
  'asks-own-loop': {
    rule: 'self-blocked-consumer',
    functions: ['main.(*counter).ask'],
    names: ['main.question.answer'],
    says: /the only receiver of main\.counter\.requests, waits on main\.question\.answer for the answer to a request/,
  },
  'asks-team': {
    rule: 'pool-waits-for-itself',
    functions: times(2, 'main.(*counter).ask'),
    names: times(2, 'main.question.answer'),
    says: /all that receive from main\.counter\.requests, wait for answers to requests that wait in main\.counter\.requests/,
  },
  'kept-places': {
    rule: 'leaked-permit',
    functions: times(3, 'main.(*pottery).fire'),
    names: ['main.pottery.places'],
    says: /main\.\(\*pottery\)\.fire sends to it at line \d+ and can return at \S*pools\.go:\d+ without the receive/,
  },
  'stop-from-inside': {
    rule: 'self-wait',
    subtype: 'channel-waitgroup',
    class: 'mixed',
    functions: ['main.(*ferry).end'],
    names: ['main.ferry.ended'],
    says: /waits at \S*stops\.go:\d+ for a wait group \(aboard\), and the Done of this goroutine is deferred/,
  },
  'moor-from-inside': {
    rule: 'self-wait',
    subtype: 'condvar',
    functions: ['main.(*ferry).moor'],
    names: ['main.ferry.moored'],
  },
  'receiver-behind': {
    rule: 'self-blocked-consumer',
    functions: ['main.(*fair).make'],
    names: ['main.fair.goods'],
  },
  'new-listeners': {
    rule: 'leaked-sender',
    functions: ['main.(*Member).tell'],
    names: ['main.Member.news'],
  },
  'answers-in-map': {
    rule: 'forgotten-close',
    functions: times(2, 'main.(*Post).await'),
    names: times(2, 'main.(*Post).await.answer'),
  },
  'cancel-kept': {
    rule: 'channel-context',
    subtype: 'channel-context',
    functions: ['main.linger'],
    names: ['main.newWatch.ctx.Done()'],
    says: /nothing in the executable calls its cancel function/,
  },
  'channel-ring': {
    rule: 'channel-ring',
    functions: times(3, 'main.(*stop).drive'),
    names: times(3, 'main.stop.trams'),
  },
  'discarded-cancel': {
    rule: 'channel-context',
    subtype: 'channel-context',
    functions: times(2, 'main.guard'),
    names: ['main.discardedCancel.ctx.Done()'],
    says: /its cancel function is assigned to _/,
  },
  'cancel-behind': {
    rule: 'channel-context',
    subtype: 'channel-context',
    functions: ['main.expedition', 'main.patrol'],
    names: ['main.expedition.ctx.Done()', 'main.expedition.home'],
  },
  'cond-and-channel': {
    rule: 'lost-signal',
    subtype: 'channel-condvar',
    functions: ['main.(*lock).enter', 'main.(*lock).fill'],
    names: ['main.lock.boats', 'main.lock.level'],
  },
  ...furtherPatterns,
  'channel-behind-cond': {
    rule: 'lost-signal',
    subtype: 'channel-condvar',
    functions: ['main.(*oven).bake'],
    names: ['main.oven.ready'],
  },
};

/** The faults repaired, and programs that look like them. */
const healthy = [
  ...['forgotten-close-fixed', 'forgotten-close-like', 'abandoned-pool-fixed'],
  ...['after-timeout-fixed', 'after-timeout-like', 'first-error-fixed', 'first-result-fixed'],
  ...['pool-of-itself-fixed', 'pool-of-itself-like', 'pool-awaited-like'],
  ...['semaphore-of-itself-fixed', 'semaphore-of-itself-like', 'channel-ring-fixed', 'channel-ring-like'],
  ...['discarded-cancel-fixed', 'cancel-later', 'cancel-by-request', 'cancel-by-clock', 'cancel-by-timer'],
  ...['cond-and-channel-fixed', 'idle-handlers', 'idle-global', 'idle-ticker', 'idle-accept'],
  ...['idle-embedded', 'idle-beside', 'idle-copied', 'idle-interface', 'idle-input'],
  ...['new-listeners-like', 'semaphore-by-request-like', 'semaphore-tried-like', 'answers-in-map-like'],
  ...['answers-beyond-like', 'cancel-kept-like', 'asks-own-loop-fixed', 'asks-own-loop-like'],
  ...[
    'stop-from-inside-fixed',
    'stop-from-inside-like',
    'kept-places-like',
    'shutdown-by-deadline-like',
    'shutdown-from-beside',
    'idle-listener',
    'idle-router',
    'idle-callback',
    'cancel-returned',
    'cancel-deferred',
  ],
  ...['looked-after-like', 'given-back-like', 'receiver-behind-fixed', 'departed-receiver-fixed'],
];
/** What never ends, and harms nobody or may yet end. */
const suspected = ['no-cancel', 'cond-and-channel-like', 'looked-after', 'shutdown-from-inside'];

for (const { go, flags } of twoBuilds(gos)) {
  describe(`patterns in cores of ${go.version} ${flags.join(' ')}`, function () {
    this.timeout(180_000);
    const program = fixtureProgram({ go, fixture: 'patterns', flags, method: 'helper' });
    const diagnosed = diagnosedSideBySide(program, [
      ...Object.keys(faulty),
      ...healthy,
      ...suspected,
      'handler-asks-twice',
    ]);

    for (const [name, expected] of Object.entries(faulty)) {
      it(`finds ${expected.rule} in ${name}`, async () => {
        const diagnosis = diagnosisSchema.parse(await diagnosed(name));
        expect(diagnosis).to.include({ verdict: 'deadlock', scope: 'partial' });
        expect(diagnosis.stats.crossCheckMismatches).to.equal(0);
        const [finding, ...others] = diagnosis.findings;
        expect(others).to.deep.equal([]);
        const { rule, subtype = 'channel', class: kind = 'communication', functions, names } = expected;
        const { victims = 0, says, fix, unserved } = expected;
        expect(finding).to.include({ rule, subtype, class: kind }).and.satisfy(isSure);
        expect(finding?.rootCause.resources.map((resource) => resource.name)).to.have.members([...names]);
        const stacks = finding?.rootCause.goroutines.map(({ stack }) => stack.map((f) => f.function)) ?? [];
        const seen = stacks.map((stack) => functions.find((fn) => stack.includes(fn)));
        expect(seen).to.have.members([...functions]);
        expect(finding?.victims.goroutines).to.equal(victims);
        if (says !== undefined) expect(finding?.explanation).to.match(says);
        if (unserved !== undefined) expect(finding?.unserved).to.equal(unserved);
        if (fix !== undefined) expect(finding?.suggestion).to.match(fix);
      });
    }

    for (const name of healthy) {
      it(`finds nothing in ${name}`, async () => {
        const diagnosis = await diagnosed(name);
        expectNothing(diagnosis, name.endsWith('-like'));
      });
    }

    it('says none of nine in ten', async () => {
      const all = await Promise.all(healthy.map(diagnosed));
      const open = healthy.filter((_, i) => all[i]?.verdict !== 'none');
      expect(open.length, open.join(', ')).to.be.at.most(Math.ceil(healthy.length / 10));
    });

    it('suspects a handler that ends its own server', async () => {
      const { findings, verdict } = await diagnosed('shutdown-from-inside');
      expect(verdict).to.equal('unknown');
      expect(findings.map(({ rule }) => rule)).to.deep.equal(['self-wait']);
      expect(findings[0]?.explanation).to.contain('a handler of this very server');
    });

    it('leaves open what a handler waits for that only handlers in the same wait would bring', async () => {
      const { findings, verdict, summary } = await diagnosed('handler-asks-twice');
      expect({ findings, verdict }).to.deep.equal({ findings: [], verdict: 'unknown' });
      expect(summary).to.contain('main.tools.back').and.to.contain('wait for the same');
    });

    for (const name of suspected) {
      it(`does no more than suspect ${name}`, async () => {
        const diagnosis = await diagnosed(name);
        expect(diagnosis.findings.filter(({ certainty }) => certainty !== 'suspected')).to.deep.equal([]);
        expect(diagnosis.verdict).not.to.equal('deadlock');
      });
    }
  });
}
