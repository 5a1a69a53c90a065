import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import { type Diagnosis, diagnosisSchema } from '../../lab/analysis/model/diagnosis.js';
import { projectRoot } from '../../lab/paths.js';

const file = join(projectRoot, 'test/fixtures/report/scenarios.json.gz');

/** The recorded diagnosis of each scenario, by its name. */
export const scenarioDiagnoses: ReadonlyMap<string, Diagnosis> = new Map(
  Object.entries(
    z.record(z.string(), diagnosisSchema).parse(JSON.parse(gunzipSync(readFileSync(file)).toString())),
  ),
);

/** Where the sources that they name lie here. */
export const scenarioSources = [{ from: '/src/lab', to: projectRoot }];
