import { expect } from 'chai';
import { diagnosedSideBySide, fixtureProgram } from '../fixture-program.js';
import { goTools } from '../hung-program.js';

const { signal } = new AbortController();
const [go] = await goTools(signal);

/** Somebody reads, or will go on to, or nobody has anything to send. */
const healthy = ['reader', 'slow-reader', 'idle'];

describe('streams of gRPC within one process', function () {
  this.timeout(180_000);
  if (go === undefined) throw new Error('no Go');
  const program = fixtureProgram({ go, fixture: 'calls', flags: [], method: 'gcore' });
  const diagnosed = diagnosedSideBySide(program, ['both-send', ...healthy]);

  it('do not go on where both ends wait to send', async () => {
    const { verdict, findings, suspects = [] } = await diagnosed('both-send');
    expect(findings).to.deep.equal([]);
    expect(verdict).to.equal('unknown');
    const texts = suspects.map(({ text }) => text);
    expect(texts).to.have.length(2);
    expect(texts.find((text) => text.includes('waits in main.sendAll')))
      .to.match(
        /before the other end of its stream reads, and goroutine \d+ in main\.echo \(\S+echo\.go:\d+\)/,
      )
      .and.match(/which has that, waits to send on the same stream/);
    expect(texts.some((text) => text.includes('waits in main.echo'))).to.equal(true);
  });

  for (const name of healthy) {
    it(`are left alone: ${name}`, async () => {
      const { verdict, findings, summary } = await diagnosed(name);
      expect(findings).to.deep.equal([]);
      expect(verdict, summary).to.equal('none');
    });
  }
});
