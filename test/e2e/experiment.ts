import { expect } from 'chai';
import { z } from 'zod';
import { diagnosisSchema } from '../../lab/analysis/model/diagnosis.js';
import { checklistRowSchema } from '../../lab/checklist/row.js';
import { runRecordSchema } from '../../lab/store/run-record.js';
import { localTarget } from '../../lab/targets/local.js';
import { findOptional } from '../../lab/toolchain/locate.js';
import { orphansOf, startLab } from '../lab-process.js';
import { tempFolder } from '../temp-folder.js';

const documentSchema = runRecordSchema.extend({
  dir: z.string(),
  diagnosis: diagnosisSchema,
  checklist: z.array(checklistRowSchema),
});

export async function installed(...names: readonly string[]): Promise<boolean> {
  const { signal } = new AbortController();
  const found = await Promise.all(names.map((name) => findOptional(localTarget(), name, signal)));
  return found.every((tool) => tool !== undefined);
}

/** `lab run`, which must be confirmed and leave nothing running; its runs are removed when this is disposed. */
export async function experiment(args: readonly string[], more: Readonly<Record<string, string>> = {}) {
  const folder = await tempFolder();
  try {
    const running = startLab(['run', '--json', '--port', '0', '--pprof-port', '0', ...args], {
      LAB_RUNS: folder.path,
      ...more,
    });
    const { exitCode, stdout, stderr } = await running.ended;
    expect(exitCode, `${stderr}\n${stdout.slice(0, 2000)}`).to.equal(0);
    expect(await orphansOf(running)).to.deep.equal([]);
    const document = documentSchema.parse(JSON.parse(stdout));
    return { ...document, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
  } catch (error) {
    await folder[Symbol.asyncDispose]();
    throw error;
  }
}
