import { join } from 'node:path';
import prettyBytes from 'pretty-bytes';
import { LabError } from '../../errors.js';
import { type Manifest, pairOf } from '../../kit/manifest.js';
import { openKit } from '../../kit/open.js';
import { packKit } from '../../kit/pack.js';
import { allPrintable } from '../../printable.js';
import { quoteWord } from '../../quote-word.js';
import { coreText, toolsText } from '../../report/kit-text.js';
import type { Call, LabCommand } from '../command.js';
import { defineKit } from '../manual/kit.js';
import { withProgress } from '../progress.js';

export const kitCommand: LabCommand = {
  define: defineKit,
  act: (call) => (call.args[0] === 'pack' ? pack(call) : openIt(call)),
};

async function pack({ args, options, output, signal }: Call): Promise<number> {
  const out = options['output'];
  if (typeof out !== 'string') {
    throw new LabError('the kit needs a name', { code: 'usage', hint: 'add -o FILE.tar.gz' });
  }
  const { file, bytes, manifest, valuesLeftOut } = await withProgress(
    output,
    async (emit) =>
      await packKit(
        {
          ...{ dir: String(args[1]), out, keepHeap: options['keepHeap'] === true },
          lesson: text(options['lesson']),
        },
        emit,
        signal,
      ),
  );
  output.document({ file, bytes, valuesLeftOut, manifest });
  const lines = [`packed ${file}, ${prettyBytes(bytes)}`, ...coreText(manifest.core)];
  if (valuesLeftOut > 0)
    lines.push(`  ${valuesLeftOut} values of variables in the diagnosis are not in the kit`);
  if (manifest.leftOut.length > 0) lines.push(`not packed: ${manifest.leftOut.join(', ')}`);
  if (manifest.core.kind === 'slimmed') lines.push('the slimmed core gives the same diagnosis');
  output.print([...lines, `open it: npx lab kit open ${quoteWord(file)}`].join('\n'));
  return 0;
}

async function openIt({ args, options, output, signal }: Call): Promise<number> {
  for (const name of ['keepHeap', 'lesson']) {
    if (options[name] !== undefined) {
      throw new LabError(`--${name === 'lesson' ? name : 'keep-heap'} belongs to kit pack`, {
        code: 'usage',
        hint: 'see npx lab kit --help',
      });
    }
  }
  const opened = await openKit({ file: String(args[1]), dir: text(options['output']) }, signal);
  const { dir, manifest } = { dir: opened.dir, manifest: allPrintable(opened.manifest) };
  const commands = commandsFor(dir, manifest);
  output.document({ dir, manifest, commands });
  output.print(
    [
      `opened ${dir}: ${manifest.scenario}${manifest.fixed ? ', repaired' : ''}, ${manifest.verdict}`,
      ...coreText(manifest.core),
      toolsText(manifest),
      'go on with one of',
      ...commands.map((command) => `  ${command}`),
    ].join('\n'),
  );
  return 0;
}

/** What to type next. */
function commandsFor(dir: string, manifest: Manifest): string[] {
  const { exe, core } = pairOf(manifest);
  const both =
    core === undefined || exe === undefined
      ? []
      : [`dlv core ${quoteWord(join(dir, exe))} ${quoteWord(join(dir, core))}`];
  const { lesson } = manifest;
  const lessons = lesson === null ? [] : [`npx lab workshop --lessons ${quoteWord(join(dir, lesson))}`];
  return [`npx lab analyze --run ${quoteWord(dir)}`, ...both, `npx lab report ${quoteWord(dir)}`, ...lessons];
}

const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
