import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { experiment, installed } from './experiment.js';

describe('the whole experiment', function () {
  this.timeout(180_000);

  it('hangs the server, catches it, and names the consumer that waits for itself', async () => {
    await using done = await experiment([]);
    const { conclusion, diagnosis, checklist, dir } = done;
    expect(conclusion).to.deep.include({ verdict: 'confirmed', exitCode: 0, reasons: [] });
    expect(diagnosis).to.include({ verdict: 'deadlock', scope: 'partial' });

    const [finding] = diagnosis.findings;
    expect(finding).to.include({ class: 'communication', subtype: 'channel', certainty: 'strong' });
    const [consumer] = finding?.rootCause.goroutines ?? [];
    expect(consumer?.userLocation.function).to.equal('main.(*Metrics).SetM');
    expect(consumer?.startLocation.function).to.equal('main.(*Metrics).startInChannelConsumer');
    expect(consumer?.goStatementLocation.function).to.equal('main.NewMetrics');
    expect(finding?.rootCause.resources[0]).to.include({
      kind: 'channel',
      name: 'main.Metrics.inChannel',
      len: 100,
      cap: 100,
      closed: false,
    });
    expect(finding?.victims.goroutines).to.be.at.least(1000);
    expect(
      diagnosis.userLocations.find((row) => row.function === 'main.(*Metrics).CountS')?.count,
    ).to.be.at.least(1000);

    expect(checklist.filter(({ outcome }) => outcome === 'fails')).to.deep.equal([]);
    if (await installed('curl', 'jq', 'nc')) {
      expect(checklist.filter(({ outcome }) => outcome === 'not-observed')).to.deep.equal([]);
    }
    for (const name of [
      'transcript.md',
      'report.html',
      'report.md',
      'list_goroutines.json',
      'diagnosis.json',
    ]) {
      expect(existsSync(join(dir, name)), name).to.equal(true);
    }
    const list: unknown = JSON.parse(await readFile(join(dir, 'list_goroutines.json'), 'utf8'));
    expect(Object(list).result.Goroutines.length).to.equal(diagnosis.process.goroutines.total);
  });
});
