import { openKit } from '../lab/kit/open.js';
import { packKit } from '../lab/kit/pack.js';
import { coreText } from '../lab/report/kit-text.js';
import { makeSecrets, runWithSecrets } from '../test/kit/hung-run.js';
import { tempFolder } from '../test/temp-folder.js';

/** How small the article's run becomes as a kit, and how long packing (with both diagnoses) and opening take. */
export async function run(signal: AbortSignal): Promise<void> {
  await using folder = await tempFolder();
  const dir = await runWithSecrets(folder.path, 'blog', makeSecrets());
  const began = performance.now();
  const kit = await packKit(
    { dir, out: folder.file('kit.tar.gz'), keepHeap: false },
    () => undefined,
    signal,
  );
  const packed = performance.now();
  await openKit({ file: kit.file, dir: folder.file('opened') }, signal);
  const opened = performance.now();
  const { core } = kit.manifest;
  const before = core.kind === 'slimmed' ? core.size.before : core.size;
  const lines = [
    `kit ${(kit.bytes / 1e6).toFixed(2)} MB of a core of ${(before / 1e9).toFixed(2)} GB: 1 to ${Math.round(before / kit.bytes)}`,
    ...coreText(core),
    `packed in ${((packed - began) / 1000).toFixed(1)} s, opened in ${((opened - packed) / 1000).toFixed(1)} s`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}
