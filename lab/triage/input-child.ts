import { stat } from 'node:fs/promises';
import type { Diagnosis } from '../analysis/model/diagnosis.js';
import type { Dump } from '../dump/model.js';
import { LabError, toLabError } from '../errors.js';
import { taskChild } from '../regress/task-child.js';
import { toldOf } from './told.js';
import { type Line, markPrefix, type Task, taskSchema } from './wire.js';

const child = taskChild('the triage', markPrefix);

const quiet = (): void => {};
const last = await lineOf(process.argv[2] ?? '');
child.end(last);

async function lineOf(text: string): Promise<Line> {
  try {
    const task = taskSchema.parse(JSON.parse(text));
    switch (task.kind) {
      case 'core':
        return await core(task);
      case 'dump':
        return await dump(task);
      case 'diagnosis':
        return await stored(task);
    }
  } catch (thrown) {
    const { message, hint } = toLabError(thrown);
    return { type: 'failed', why: hint === undefined ? message : `${message}; ${hint}` };
  }
}

async function core({ file, exe, near, sources, sourceMap }: Task): Promise<Line> {
  const { openInputs, inTheirWords } = await import('../unpack/inputs.js');
  const { analyzeCore } = await import('../analysis/analyze-core.js');
  const telling = { onProgress: quiet, onNote: quiet };
  const open = (from: string | undefined) => openInputs({ core: file, exe: from }, telling, child.signal);
  // Where no executable near it fits, the one that the process ran may still be where it was.
  const nearby = exe ?? near;
  await using inputs = await open(nearby).catch(async (error: unknown) => {
    if (exe !== undefined || nearby === undefined || toLabError(error).code !== 'usage') throw error;
    return await open(undefined).catch(() => {
      throw error;
    });
  });
  const files = { exe: inputs.exe, core: inputs.core, sourceMap, noSource: !sources };
  const diagnosis = await inTheirWords(inputs, () => analyzeCore(files, quiet, child.signal));
  return { type: 'told', told: toldOf(diagnosis, inputs.taken) };
}

async function dump({ file, name, sources, exe, source, sourceMap }: Task): Promise<Line> {
  const dumps = await dumpsIn(file);
  if (typeof dumps === 'string') return { type: 'skipped', why: dumps };
  const last = dumps.at(-1);
  if (last === undefined) return { type: 'skipped', why: 'no goroutine dump is in it' };
  const { analyzeDump } = await import('../analysis/analyze-dump.js');
  const options = { name, noSource: !sources, exe, source, sourceMap };
  const diagnosis = await analyzeDump(last, options, quiet, child.signal);
  return { type: 'told', told: toldOf(diagnosis, last.time ?? (await stat(file)).mtime) };
}

/** Why there is none, where there is none: folders hold other files, too. */
async function dumpsIn(file: string): Promise<readonly Dump[] | string> {
  const { openDump, readDumps } = await import('../dump/index.js');
  try {
    return await readDumps(openDump(file, child.signal), { signal: child.signal });
  } catch (error) {
    if (error instanceof LabError && /no goroutine dump/.test(error.message)) return error.message;
    throw error;
  }
}

async function stored({ file }: Task): Promise<Line> {
  const { diagnosisSchema } = await import('../analysis/model/diagnosis.js');
  const { readJson } = await import('../json-file.js');
  const diagnosis: Diagnosis = await readJson(file, diagnosisSchema, 'analyse its core again');
  return { type: 'told', told: toldOf(diagnosis, (await stat(file)).mtime) };
}
