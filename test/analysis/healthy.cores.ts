import { expect } from 'chai';
import { diagnosedSideBySide, fixtureProgram, twoBuilds } from '../fixture-program.js';
import { goTools } from '../hung-program.js';

const { signal } = new AbortController();
const gos = await goTools(signal);
const programs = [
  'after-func',
  'bounded-semaphore',
  'cache',
  'cond-queue',
  'connection-pool',
  'context-tree',
  'error-group',
  'graceful-shutdown',
  'http-server',
  'pipeline',
  'pub-sub',
  'rate-limiter',
  'request-reply',
  'single-flight',
  'supervisor',
  'tickers',
  'worker-pool-busy',
  'worker-pool-idle',
  'dispatcher',
  'linked-list',
  'toggled',
  'alternating',
  'callback',
  'deep-recursion',
  'generics',
  'only-timers',
  'blocked-main',
  'background',
  'not-started',
  'named-result',
  'remote',
  'shared',
  'closed-by-library',
  'embedded-elsewhere',
  'called-through-field',
  'sent-by-library',
  'deferred-last',
  'rescued',
  'finalizing',
  'rotated',
  'queued',
  'watched',
  'collecting',
];
/** They have the runtime collect all the time, and may be seen waiting for it: what that wait comes to is not followed. */
const inRuntime = /for something this analysis does not follow yet \((?:stopping the world|semacquire)\)/;

for (const { go, flags } of twoBuilds(gos)) {
  describe(`healthy programs under load, built by ${go.version} ${flags.join(' ')}`, function () {
    this.timeout(120_000);
    const program = fixtureProgram({ go, fixture: 'healthy', flags, method: 'delve' });
    const diagnosed = diagnosedSideBySide(program, programs);
    const undecided: string[] = [];

    for (const name of programs) {
      it(`finds nothing above suspected in ${name}`, async () => {
        const diagnosis = await diagnosed(name);
        const alarms = diagnosis.findings
          .filter(({ certainty }) => certainty !== 'suspected')
          .map(({ certainty, explanation }) => `${certainty}: ${explanation}`);
        expect(alarms).to.deep.equal([]);
        expect(diagnosis.verdict).not.to.equal('deadlock');
        expect(diagnosis.stats.crossCheckMismatches).to.equal(0);
        if (diagnosis.verdict === 'unknown' && !inRuntime.test(diagnosis.summary))
          undecided.push(`${name}: ${diagnosis.summary}`);
      });
    }

    it('says none of nine in ten', () => {
      expect(undecided.length, undecided.join('\n')).to.be.at.most(Math.ceil(programs.length / 10));
    });
  });
}
