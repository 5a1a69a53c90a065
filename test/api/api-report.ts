import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { diagnosisSchema } from '../../lab/analysis/model/diagnosis.js';
import { projectRoot } from '../../lab/paths.js';

/** The kept report. */
export const reportFile = join(projectRoot, 'docs', 'api.txt');

/** Modules of which everything that they export is part of the API, beside those in lab/api. */
const open = ['errors', 'compare/model', 'dump/model'];

/** What a program may rely on: the declarations without their comments, and each field of a diagnosis. */
export async function apiReport(): Promise<string> {
  const index = await declarations('index');
  const modules = [...index.matchAll(/from '\.\/(.+)\.js'/g)].map(([, name = '']) => name);
  const told = modules.filter((name) => name.startsWith('api/') || open.includes(name)).sort();
  const parts = await Promise.all(
    ['index', ...told].map(async (name) => `// ${name}\n${await declarations(name)}`),
  );
  const fields = fieldsIn(z.toJSONSchema(diagnosisSchema, { unrepresentable: 'any' }), 'Diagnosis');
  return `${parts.join('\n')}\n// fields of a diagnosis: more may be added\n${[...new Set(fields)].sort().join('\n')}\n`;
}

async function declarations(name: string): Promise<string> {
  const text = await readFile(join(projectRoot, 'dist', 'lab', `${name}.d.ts`), 'utf8');
  return `${text
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .join('\n')}\n`;
}

/** `Diagnosis.groups[].id` and so on, for every object within a JSON Schema. */
function fieldsIn(schema: unknown, path: string): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { properties = {}, items, anyOf = [], oneOf = [] } = schema as Readonly<Record<string, object>>;
  return [
    ...Object.entries(properties).flatMap(([name, one]) => [
      `${path}.${name}`,
      ...fieldsIn(one, `${path}.${name}`),
    ]),
    ...fieldsIn(items, `${path}[]`),
    ...[anyOf, oneOf].flatMap((each) => Object.values(each).flatMap((one) => fieldsIn(one, path))),
  ];
}
