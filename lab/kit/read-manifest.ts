import { z } from 'zod';
import { misshapen } from '../complaints.js';
import { LabError, messageOf } from '../errors.js';
import { type Manifest, manifestName, manifestSchema } from './manifest.js';

/** Names that mean the same everywhere: no root, no `..`, nothing invisible. */
const safeName = /^(?!\.{1,2}$)[^/\\\p{Cc}]{1,255}$/u;
const maxPath = 4096;

/** Reads `kit.json` as it came. Throws `usage` when it is of another version, or names paths that no kit has. */
export function readManifest(text: string, file: string): Manifest {
  const fail = (why: string, hint = 'get the file again from who made it'): never => {
    throw new LabError(`${file} is no kit that can be trusted: ${why}`, { code: 'usage', hint });
  };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return fail(`${manifestName} is no JSON (${messageOf(error)})`);
  }
  const parsed = manifestSchema.safeParse(value);
  if (!parsed.success) {
    const version = z.looseObject({ schema: z.string().regex(/^lab\.kit\/\d+$/) }).safeParse(value);
    if (version.success && version.data.schema !== 'lab.kit/1') {
      throw new LabError(
        `${file} is a kit of another form, ${version.data.schema}; this lab reads lab.kit/1`,
        {
          code: 'usage',
          hint: 'open it with the version of the lab that made it',
        },
      );
    }
    return fail(`its ${manifestName} is misshapen: ${misshapen(parsed.error)}`);
  }
  const { name, files } = parsed.data;
  if (!safeName.test(name)) return fail(`its name ${JSON.stringify(name)} is no name of a folder`);
  const seen = new Set([manifestName]);
  for (const { path } of files) {
    if (path.length > maxPath || !path.split('/').every((part) => safeName.test(part))) {
      return fail(`${JSON.stringify(path)} does not stay in its folder`);
    }
    if (seen.has(path)) return fail(`${path} is in it twice`);
    seen.add(path);
  }
  return parsed.data;
}
