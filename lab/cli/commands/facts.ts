import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { z } from 'zod';
import { complaintsText } from '../../complaints.js';
import { readExecutable } from '../../core/executable.js';
import { LabError } from '../../errors.js';
import type { Emit } from '../../events.js';
import { startFacts } from '../../source/helper.js';
import { ensureFacts } from '../../toolchain/facts.js';
import type { LabCommand } from '../command.js';
import { defineFacts } from '../manual/facts.js';
import { withPatience, withProgress } from '../progress.js';
import { parseSourceMap } from '../source-options.js';

const optionsSchema = z.looseObject({
  exe: z.string(),
  function: z.string().optional(),
  object: z.string().optional(),
  at: z
    .string()
    .regex(/^.+:[1-9]\d*$/, 'FILE:LINE')
    .optional(),
  sourceMap: z.array(z.string().regex(/^[^=]+=.+$/, 'FROM=TO')).default([]),
  goRoot: z.string().optional(),
});
type Options = z.infer<typeof optionsSchema>;

/** Go writes an empty list as null. */
const answerSchema = z.looseObject({
  lines: z.array(z.string()).nullish(),
  facts: z.unknown().optional(),
});

export const factsCommand: LabCommand = {
  define: defineFacts,
  async act({ options, output, signal }) {
    const asked = readOptions(options);
    const { lines, facts } = await withProgress(output, async (emit) => await describe(asked, emit, signal));
    output.document(facts ?? null);
    output.print(
      lines?.length ? lines.join('\n') : 'Nothing in the sources of this program answers to that.',
    );
    return 0;
  },
};

async function describe(
  { exe, function: name, object, at, sourceMap, goRoot }: Options,
  emit: Emit,
  signal: AbortSignal,
): Promise<z.infer<typeof answerSchema>> {
  const file = resolve(exe);
  const { goVersion } = await readExecutable(file, signal);
  if (goVersion === undefined) {
    throw new LabError(`${file} does not say which Go built it`, {
      code: 'usage',
      hint: 'give the executable of a Go program',
    });
  }
  const tool = await ensureFacts({ goVersion, emit }, signal);
  if (!tool.newEnough) {
    emit({
      type: 'note',
      text: `${tool.builtWith.text} reads these sources: what ${goVersion} has beyond it is not understood`,
    });
  }
  const params = {
    exe: file,
    function: name,
    object,
    at,
    sourceMap: sourceMap.map(parseSourceMap),
    goRoot: goRoot === undefined ? undefined : resolve(goRoot),
    otherGoRoot: tool.goRoot,
  };
  return await withPatience(emit, { stage: 'facts', text: basename(file) }, async (say) => {
    await using session = startFacts({ path: tool.path, signal, onProgress: say });
    return await session.call('describe', params, answerSchema, { signal });
  });
}

function readOptions(options: unknown): Options {
  const refuse = (message: string, hint = 'see `npx lab facts --help`'): never => {
    throw new LabError(message, { code: 'usage', hint });
  };
  const parsed = optionsSchema.safeParse(options);
  if (!parsed.success) return refuse(complaintsText(parsed.error, options));
  const { data } = parsed;
  if ([data.function, data.object, data.at].filter((one) => one !== undefined).length > 1) {
    refuse('--function, --object and --at ask for different things', 'give one of them');
  }
  for (const folder of [
    ...(data.goRoot === undefined ? [] : [data.goRoot]),
    ...data.sourceMap.map((text) => parseSourceMap(text).to),
  ]) {
    if (!existsSync(folder)) refuse(`there are no sources at ${folder}: it does not exist`, 'check the path');
  }
  return data;
}
