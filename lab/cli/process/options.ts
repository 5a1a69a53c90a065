import { z } from 'zod';
import { captureHelper } from '../../capture/helper/method.js';
import type { HelperOptions } from '../../capture/helper/options.js';
import { captureMethod } from '../../capture/index.js';
import type { CaptureMethod } from '../../capture/method.js';
import { snapshotChoices } from '../../choices.js';
import { parseConfig } from '../../config.js';
import { isContainerTarget } from '../../containers/reference.js';
import { decimal } from '../../decimal.js';
import { LabError } from '../../errors.js';

type Options = Readonly<Record<string, unknown>>;

/** A process as a command line names it, and how its cores are to be taken. */
export interface AskedProcess {
  /** `local`, `vagrant`, `ssh://user@host`, or a container. */
  readonly target: string;
  /** Of a container, as seen in there; the only Go process of it when absent. */
  readonly pid: number | undefined;
  readonly how:
    | { readonly kind: 'process'; readonly pid: number; readonly method: CaptureMethod }
    | { readonly kind: 'container'; readonly helper: HelperOptions; readonly debugImage: string | undefined };
  /** Without data of the service. */
  readonly slim: boolean;
  /** How many cores. */
  readonly looks: number;
  /** Milliseconds that it runs between two of them. */
  readonly everyMs: number;
}

/** Reads the options of `lab COMMAND` that are about a process. Throws `usage` for what makes no sense together. */
export function readProcess(options: Options, command: string): AskedProcess {
  const target = typeof options['target'] === 'string' ? options['target'] : 'local';
  const asked = { ...readLooks(options), slim: options['slim'] === true };
  if (isContainerTarget(target)) return { target, ...asked, ...readContainer(options) };
  if (options['debugImage'] !== undefined)
    refuse('--debug-image is for a process in a pod', 'name the pod: --target kubectl://NAMESPACE/POD');
  const pid = pidSchema.safeParse(options['pid']);
  const { capture } = parseConfig({ target, capture: options['capture'] ?? 'helper' }, command);
  const method = readMethod(capture, options);
  if (!pid.success)
    return refuse(
      `--pid takes a process id, not ${JSON.stringify(options['pid'])}`,
      'find it: pgrep -x NAME',
    );
  if (asked.looks > 1 && !method.keepsProcess) {
    const hint = 'leave out --looks, or --capture';
    refuse(`--capture ${capture} ends the process: there is no second look`, hint);
  }
  return { target, pid: pid.data, ...asked, how: { kind: 'process', pid: pid.data, method } };
}

const pidSchema = decimal(z.number().int().positive());
const looksSchema = decimal(z.number().int().min(1).max(100));
const secondsSchema = decimal(z.number().positive().max(86_400));
const snapshotSchema = z.enum(snapshotChoices);

function readContainer(options: Options): Pick<AskedProcess, 'pid' | 'how'> {
  if (options['run'] !== undefined) refuse('a run is not in a container', 'leave out --run');
  if (options['capture'] !== undefined && options['capture'] !== 'helper') {
    refuse(
      `--capture ${options['capture']} needs tools that a container does not have`,
      'leave out --capture: the lab brings what takes the core',
    );
  }
  const pid = pidSchema.optional().safeParse(options['pid']);
  const debugImage = readImage(options['debugImage']);
  if (pid.success)
    return { pid: pid.data, how: { kind: 'container', helper: readHelper(options), debugImage } };
  return refuse(
    `--pid takes a process id as seen inside of the container, not ${JSON.stringify(options['pid'])}`,
    'leave out --pid: the only Go process is found, and several are listed',
  );
}

/** A name of an image, which no client can take for an option. */
function readImage(image: unknown): string | undefined {
  if (image === undefined) return undefined;
  if (typeof image === 'string' && /^[a-z0-9][\w.:/@-]*$/i.test(image)) return image;
  return refuse(
    `${JSON.stringify(image)} cannot be the name of an image`,
    'name one that the node may pull, with a shell: --debug-image busybox:stable',
  );
}

/** The method of that name; how the helper is to go about it is its own affair. */
function readMethod(name: string, options: Options): CaptureMethod {
  if (name === 'helper') return captureHelper(readHelper(options));
  if ((options['snapshot'] ?? options['maxPause']) === undefined) return captureMethod(name);
  return refuse(
    '--snapshot and --max-pause are options of the helper',
    `leave them out, or --capture ${name}`,
  );
}

function readHelper({ snapshot, maxPause, slim }: Options): HelperOptions {
  const way = snapshotSchema.default('auto').safeParse(snapshot);
  if (!way.success)
    return refuse(
      `--snapshot takes ${snapshotChoices.join(', ')}, not ${JSON.stringify(snapshot)}`,
      'leave it out: auto is the shortest pause without a fork',
    );
  const how = { snapshot: way.data, ...(slim === true ? { slim } : {}) };
  if (maxPause === undefined) return how;
  const seconds = secondsSchema.safeParse(withoutUnit(maxPause));
  if (seconds.success) return { ...how, maxPauseMs: seconds.data * 1_000 };
  return refuse(`--max-pause takes seconds, not ${JSON.stringify(maxPause)}`, 'for example --max-pause 0.5');
}

function readLooks(options: Options): Pick<AskedProcess, 'looks' | 'everyMs'> {
  const { looks = '1', every = '5' } = options;
  const [count, seconds] = [looksSchema.safeParse(looks), secondsSchema.safeParse(withoutUnit(every))];
  if (!count.success)
    return refuse(
      `--looks takes a number from 1 to 100, not ${JSON.stringify(looks)}`,
      'name how many: --looks 3',
    );
  if (!seconds.success)
    return refuse(`--every takes seconds, not ${JSON.stringify(every)}`, 'name how many: --every 5s');
  if (count.data === 1 && options['every'] !== undefined)
    refuse('--every is the time between several looks', 'say how many: --looks 3');
  return { looks: count.data, everyMs: seconds.data * 1_000 };
}

/** `5s` is as good as `5`. */
const withoutUnit = (seconds: unknown): unknown =>
  typeof seconds === 'string' ? seconds.replace(/(?<=\d)s$/, '') : seconds;

function refuse(message: string, hint: string): never {
  throw new LabError(message, { code: 'usage', hint });
}
