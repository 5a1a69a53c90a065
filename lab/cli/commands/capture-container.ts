import { join } from 'node:path';
import type { Bundle, LooksBundle } from '../../capture/bundle.js';
import { bundleFile, bundleFolder } from '../../capture/bundle-folder.js';
import { captureLooks, type Look } from '../../capture/looks.js';
import { captureFromContainer } from '../../containers/capture.js';
import { LabError } from '../../errors.js';
import { writeJson } from '../../store/json-file.js';
import type { Output } from '../context.js';
import { withPatience, withProgress } from '../progress.js';
import { analyzeHint, compareHint, pidSchema, readLooks } from './capture.js';

type ContainerOptions = Readonly<Record<string, unknown>> & { readonly target: string };

/** `lab capture --target docker://NAME` and the like: a process of a container, by its pid in there or the only one. */
export async function captureContainer(
  options: ContainerOptions,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  const { target } = options;
  const pid = readPid(options);
  const asked = readLooks(options);
  const debugImage = readImage(options['debugImage']);
  const named = typeof options['output'] === 'string' ? options['output'] : folderFor(target);
  await using made = await bundleFolder(named, pid);
  const { dir } = made;
  let kept: LooksBundle | undefined;
  const keep = async (bundle: LooksBundle): Promise<void> => {
    await writeJson(join(dir, bundleFile), bundle);
    kept = bundle;
  };
  try {
    const bundle = await withProgress(output, async (emit) => {
      let found = pid;
      const take = async (look?: Look): Promise<Bundle> => {
        const request = { target, pid: found, dir, debugImage, ...(look === undefined ? {} : { look }) };
        const taken = await captureFromContainer(request, emit, signal);
        // The later looks are at the same process, whatever was started meanwhile.
        found = taken.pid;
        return taken;
      };
      const text = `${asked.looks === 1 ? 'the core' : `${asked.looks} cores`} out of ${target}`;
      return await withPatience(emit, { stage: 'capture', text }, async () =>
        asked.looks === 1 ? await take() : await captureLooks({ ...asked, keep }, take, emit, signal),
      );
    });
    if (kept === undefined) await writeJson(join(dir, bundleFile), bundle);
    output.document(bundle);
    output.print(`captured; ${kept === undefined ? analyzeHint(bundle) : compareHint(kept)}`);
    return 0;
  } catch (error) {
    if (kept !== undefined) {
      const next = kept.looks.length > 1 ? compareHint(kept) : analyzeHint(kept);
      output.aside(`whole: ${kept.looks.length} of ${asked.looks} looks; ${next}`);
    }
    throw error;
  }
}

function readPid(options: Readonly<Record<string, unknown>>): number | undefined {
  const refuse = (message: string, hint: string): never => {
    throw new LabError(message, { code: 'usage', hint });
  };
  if (options['run'] !== undefined) return refuse('a run is not in a container', 'leave out --run');
  if (options['capture'] !== undefined) {
    return refuse(
      `--capture ${options['capture']} needs tools that a container does not have`,
      'leave out --capture: the lab brings what takes the core',
    );
  }
  const pid = pidSchema.optional().safeParse(options['pid']);
  if (pid.success) return pid.data;
  return refuse(
    `--pid takes a process id as seen inside of the container, not ${JSON.stringify(options['pid'])}`,
    'leave out --pid: the only Go process is found, and several are listed',
  );
}

/** A name of an image, which no client can take for an option. */
function readImage(image: unknown): string | undefined {
  if (image === undefined) return undefined;
  if (typeof image === 'string' && /^[a-z0-9][\w.:/@-]*$/i.test(image)) return image;
  throw new LabError(`${JSON.stringify(image)} cannot be the name of an image`, {
    code: 'usage',
    hint: 'name one that the node may pull, with a shell: --debug-image busybox:stable',
  });
}

/** `./capture-NAME`, after the container or the pod and its container. */
function folderFor(target: string): string {
  const words = target
    .replace(/^\w+:\/\//, '')
    .split('/')
    .slice(-2);
  return `capture-${words.join('-').replace(/[^\w.-]/g, '')}`;
}
