import { expect } from 'chai';
import { diagnosedSideBySide, fixtureProgram, twoBuilds } from '../fixture-program.js';
import { goTools } from '../hung-program.js';

const { signal } = new AbortController();
const gos = await goTools(signal);

/** Someone alive gives a stream back, or nobody waits for one. */
const healthy = ['slow-server', 'slow-reader', 'few', 'read', 'bush'];

for (const { go, flags } of twoBuilds(gos)) {
  describe(`connections of few streams, built by ${go.version} ${flags.join(' ')}`, function () {
    this.timeout(120_000);
    const program = fixtureProgram({ go, fixture: 'streams', flags, method: 'gcore' });
    const diagnosed = diagnosedSideBySide(program, ['nested', 'tree', 'unread', ...healthy]);

    it('tells who has the streams that they wait for', async () => {
      const { verdict, findings } = await diagnosed('nested');
      expect(verdict).to.equal('unknown');
      expect(findings).to.have.length(1);
      const [finding] = findings;
      // The other side may break a stream off.
      expect(finding).to.include({ rule: 'pool-exhausted-by-waiters', certainty: 'suspected' });
      expect(finding?.explanation)
        .to.match(/All 2 streams of http2\.ClientConn are held by 2 goroutines/)
        .and.match(/a http\.Response (?:taken )?at \S+gallery\.go:\d+ in main\.\(\*gallery\)\.follow/)
        .and.match(/MaxConcurrentStreams of the server/);
      expect(finding?.rootCause.goroutines).to.have.length(2);
    });

    it('tells whose handlers have the streams that they wait for themselves', async () => {
      const { verdict, findings } = await diagnosed('tree');
      expect(verdict).to.equal('deadlock');
      expect(findings).to.have.length(1);
      const [finding] = findings;
      // Both ends are in this process: nobody else breaks a stream off.
      expect(finding).to.include({ rule: 'pool-exhausted-by-waiters', certainty: 'strong' });
      expect(finding?.explanation)
        .to.match(/All 2 streams of http2\.ClientConn are held by 2 goroutines/)
        .and.match(/a http\.Request at \S+gallery\.go:\d+ in main\.trees\.func1/)
        .and.match(/the server, which is this very process/);
    });

    it('does not take a writer whose own client does not read for one that goes on', async () => {
      const { verdict, findings, summary } = await diagnosed('unread');
      expect(findings).to.deep.equal([]);
      expect(verdict, summary).to.equal('unknown');
      expect(summary)
        .to.match(/main\.board\.mu: 1 goroutine waits in main\.\(\*board\)\.add/)
        .and.match(/goroutine \d+ in main\.\(\*board\)\.copy \(\S+\) has an answer that it does not read/);
    });

    for (const name of healthy) {
      it(`finds nothing in ${name}`, async () => {
        const { verdict, findings, summary } = await diagnosed(name);
        expect(findings).to.deep.equal([]);
        expect(verdict, summary).to.equal('none');
      });
    }
  });
}
