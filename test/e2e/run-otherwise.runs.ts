import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { expect } from 'chai';
import { experiment, installed } from './experiment.js';

describe('the whole experiment, otherwise', function () {
  this.timeout(180_000);

  it('comes to the same with wrk, on a build without inlining, with a core by Delve', async function () {
    if (!(await installed('wrk'))) {
      console.error('    skipped: wrk is not installed');
      return this.skip();
    }
    await using done = await experiment(['--load', 'wrk', '--build', 'noinline', '--capture', 'delve']);
    const { diagnosis, versions, stages } = done;
    expect(diagnosis.findings[0]?.certainty).to.equal('strong');
    expect(versions['go']).to.match(/^1\.\d+/);
    const core: unknown = Object(stages['capture']?.result).core;
    expect((await stat(String(core))).mode & 0o777).to.equal(0o600);
  });

  it('finds nothing in the repaired twin, in the midst of the load that hangs the other', async () => {
    await using done = await experiment(['--fixed']);
    const { diagnosis, conclusion, stages } = done;
    expect(conclusion?.verdict).to.equal('confirmed');
    expect(diagnosis.verdict).to.equal('none');
    expect(diagnosis.findings.filter(({ certainty }) => certainty !== 'suspected')).to.deep.equal([]);
    expect(stages['load']?.state).to.equal('done');
  });

  it("works with Debian's Go and Delve", async function () {
    if (!existsSync('/usr/bin/go') || !existsSync('/usr/bin/dlv')) {
      console.error("    skipped: Debian's packages golang-go and delve are not installed");
      return this.skip();
    }
    await using done = await experiment([], { PATH: '/usr/bin:/bin', GOROOT: '' });
    const { diagnosis, versions } = done;
    expect(versions['go']).to.match(/^1\./);
    expect(diagnosis.process.goVersion).to.contain(`go${versions['go']}`);
    expect(diagnosis.findings[0]).to.include({ certainty: 'strong', rule: 'self-blocked-consumer' });
  });
});
