import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { z } from 'zod';
import { diagnosisSchema } from '../../lab/analysis/model/diagnosis.js';
import { runCell } from '../../lab/cell.js';
import { parseConfig } from '../../lab/config.js';
import { runRecordSchema } from '../../lab/store/run-record.js';
import { orphansOf, startLab } from '../lab-process.js';
import { pictureFaults } from '../report/picture-faults.js';
import { isSure } from '../sure.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';

const { signal } = new AbortController();

describe('the scenarios of other stories', function () {
  this.timeout(180_000);
  let folder: TempFolder;
  const runs = process.env['LAB_RUNS'];

  beforeEach(async () => {
    folder = await tempFolder();
  });

  afterEach(async () => {
    if (runs === undefined) delete process.env['LAB_RUNS'];
    else process.env['LAB_RUNS'] = runs;
    await folder[Symbol.asyncDispose]();
  });

  it('drives one by requests in order, hangs it, finds what its manifest expects, and tells both without the article', async () => {
    const running = startLab(['run', 'catalog', '--json'], { LAB_RUNS: folder.path });
    const { exitCode, stdout, stderr } = await running.ended;
    expect(exitCode, `${stderr}\n${stdout.slice(0, 2000)}`).to.equal(0);
    expect(await orphansOf(running)).to.deep.equal([]);
    const document = runRecordSchema.extend({
      dir: z.string(),
      diagnosis: diagnosisSchema,
      checklist: z.array(z.unknown()),
    });
    const { conclusion, diagnosis, checklist, stages, dir } = document.parse(JSON.parse(stdout));
    expect(conclusion).to.deep.include({ verdict: 'confirmed', reasons: [] });
    expect(diagnosis.findings[0]).to.include({ class: 'resource', subtype: 'rwr' }).and.satisfy(isSure);
    expect(await pictureFaults(diagnosis)).to.deep.equal([]);
    expect(checklist).to.deep.equal([]);
    expect(stages).to.not.have.property('checklist');
    const report = await readFile(join(dir, 'report.md'), 'utf8');
    expect(report).to.contain('## Expected and found').and.not.contain('article');
    expect(await readFile(join(dir, 'transcript.md'), 'utf8')).to.contain(
      '1. POST /quotes, the first part of its body',
    );
  });

  it('finds nothing in the repaired twin, in the midst of the same requests', async () => {
    process.env['LAB_RUNS'] = folder.path;
    const cell = await runCell(parseConfig({ scenario: 'catalog', fixed: true }), () => {}, signal);
    expect(cell.conclusion).to.deep.include({ verdict: 'confirmed', reasons: [] });
    expect(cell.hang).to.include({ kind: 'no-hang', reason: 'plan-ended' });
    expect(cell.diagnosis?.verdict).to.equal('none');
    expect(cell.differences).to.deep.equal([]);
    expect(cell.ms).to.include.keys('build', 'start', 'load', 'capture', 'analyze');
    expect(cell.ms).to.not.have.any.keys('symptoms', 'checklist');
    expect(cell.peakRssBytes).to.be.above(1e7);
  });

  it('sees work that drives itself come to stand, and counts what is missing in its wait group', async () => {
    process.env['LAB_RUNS'] = folder.path;
    const cell = await runCell(parseConfig({ scenario: 'thumbnails' }), () => {}, signal);
    expect(cell.conclusion).to.deep.include({ verdict: 'confirmed', reasons: [] });
    expect(cell.hang.kind).to.equal('stalled');
    // Delve, asked for sync.WaitGroup without quotes, looks into internal/sync here.
    expect(cell.diagnosis?.limits).to.deep.equal([]);
    expect(cell.diagnosis?.findings[0]).to.include({ rule: 'waitgroup-misuse' }).and.satisfy(isSure);
  });
});
