import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { z } from 'zod';
import { diagnosisSchema } from '../../lab/analysis/diagnosis.js';
import { checklistRowSchema } from '../../lab/checklist/row.js';
import { runRecordSchema } from '../../lab/store/run-record.js';
import { localTarget } from '../../lab/targets/local.js';
import { findOptional } from '../../lab/toolchain/locate.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';
import { orphansOf, startLab } from './lab-process.js';

const documentSchema = runRecordSchema.extend({
  dir: z.string(),
  diagnosis: diagnosisSchema,
  checklist: z.array(checklistRowSchema),
});

async function installed(...names: readonly string[]): Promise<boolean> {
  const { signal } = new AbortController();
  const found = await Promise.all(names.map((name) => findOptional(localTarget(), name, signal)));
  return found.every((tool) => tool !== undefined);
}

describe('the whole experiment', function () {
  this.timeout(180_000);
  let folder: TempFolder;

  beforeEach(async () => {
    folder = await tempFolder();
  });

  afterEach(async () => {
    await folder[Symbol.asyncDispose]();
  });

  async function experiment(args: readonly string[], more: Readonly<Record<string, string>> = {}) {
    const running = startLab(['run', '--json', '--port', '0', '--pprof-port', '0', ...args], {
      LAB_RUNS: folder.path,
      ...more,
    });
    const { exitCode, stdout, stderr } = await running.ended;
    expect(exitCode, `${stderr}\n${stdout.slice(0, 2000)}`).to.equal(0);
    expect(await orphansOf(running)).to.deep.equal([]);
    return documentSchema.parse(JSON.parse(stdout));
  }

  it('hangs the server, catches it, and names the consumer that waits for itself', async () => {
    const { conclusion, diagnosis, checklist, dir } = await experiment([]);
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

  it('does the same with wrk, on a build without inlining, with a core by Delve', async function () {
    if (!(await installed('wrk'))) {
      console.error('    skipped: wrk is not installed');
      return this.skip();
    }
    const { diagnosis, versions, stages } = await experiment([
      '--load',
      'wrk',
      '--build',
      'noinline',
      '--capture',
      'delve',
    ]);
    expect(diagnosis.findings[0]?.certainty).to.equal('strong');
    expect(versions['go']).to.match(/^1\.\d+/);
    const core: unknown = Object(stages['capture']?.result).core;
    expect((await stat(String(core))).mode & 0o777).to.equal(0o600);
  });

  it('finds nothing in the repaired twin, in the midst of the load that hangs the other', async () => {
    const { diagnosis, conclusion, stages } = await experiment(['--fixed']);
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
    const { diagnosis, versions } = await experiment([], { PATH: '/usr/bin:/bin', GOROOT: '' });
    expect(versions['go']).to.match(/^1\./);
    expect(diagnosis.process.goVersion).to.contain(`go${versions['go']}`);
    expect(diagnosis.findings[0]).to.include({ certainty: 'strong', rule: 'self-blocked-consumer' });
  });
});
