import { join, resolve } from 'node:path';
import { z } from 'zod';
import { complaintsText } from '../../complaints.js';
import { decimal } from '../../decimal.js';
import { LabError, toLabError } from '../../errors.js';
import { watchesFolder } from '../../paths.js';
import type { Then } from '../../watch/aftermath.js';
import { defaultRetention } from '../../watch/folder.js';
import { type ServiceName, titleOf } from '../../watch/service.js';
import type { ServicePages } from '../../watch/service-look.js';
import { type WatchOptions, watchService } from '../../watch/watch.js';
import type { LabCommand } from '../command.js';
import type { Output } from '../context.js';
import { defineWatch } from '../manual/watch.js';

const address = z.string().regex(/^https?:\/\/[^/\s]+/, 'an http or https address');
const seconds = (most: number) => decimal(z.number().positive().max(most));

const optionsSchema = z.looseObject({
  pid: decimal(z.number().int().positive()).optional(),
  unit: z
    .string()
    .regex(/^[\w@:][\w@:.\\-]*$/, 'a unit of systemd')
    .optional(),
  container: z
    .string()
    .regex(/^(?:(?:docker|podman):\/\/)?[a-z0-9][\w.-]*$/i, 'NAME or podman://NAME')
    .optional(),
  pod: z
    .string()
    .regex(/^(?:[a-z0-9-]+\/)?[\w./-]+(?:=[\w.-]*)?(?:,[\w./-]+=[\w.-]*)*$/, 'NAMESPACE/LABEL=VALUE')
    .optional(),
  probe: address.optional(),
  probeTimeout: seconds(600).default(2),
  every: seconds(3_600).default(1),
  metrics: address.optional(),
  progress: z.string().min(1).optional(),
  goroutines: address.optional(),
  notify: z.string().min(1).optional(),
  once: z.boolean().default(false),
  capturesPerDay: decimal(z.number().int().min(0).max(1_000)).default(4),
  disk: decimal(z.number().positive()).default(2),
  memory: decimal(z.number().int().min(256)).default(1_024),
  maxPause: seconds(600).default(1),
  output: z.string().min(1).optional(),
});

type Asked = z.infer<typeof optionsSchema>;

export const watchCommand: LabCommand = {
  define: defineWatch,
  async act({ options, output, signal }) {
    const parsed = optionsSchema.safeParse(options);
    if (!parsed.success) refuse(complaintsText(parsed.error, options), 'see `npx lab watch --help`');
    const watching = watchingOf(parsed.data as Asked, thenOf(options['then']), output);
    try {
      const episodes = await watchService(watching, signal);
      output.document({ schema: 'lab.watch/1', folder: watching.folder, episodes });
      const [first] = episodes;
      output.print(
        first === undefined ? 'no hang was seen' : `${episodes.length} caught: ${watching.folder}`,
      );
      return first === undefined ? 0 : 1;
    } catch (error) {
      if (toLabError(error).code === 'interrupted') output.aside(`what was caught is in ${watching.folder}`);
      throw error;
    }
  },
};

function refuse(message: string, hint: string): never {
  throw new LabError(message, { code: 'usage', hint });
}

function watchingOf(asked: Asked, afterwards: Then, output: Output): WatchOptions {
  const name = nameOf(asked);
  const pages = pagesOf(asked);
  const { probe, goroutines } = asked;
  if (probe === undefined && pages.progress === undefined)
    refuse(
      'nothing tells whether the service answers',
      'pass a page that it answers: --probe URL; or a counter: --metrics URL --progress REGEX',
    );
  if (afterwards.kind === 'restart' && name.kind === 'pid')
    refuse(
      'a process by its number cannot be started anew',
      'name its unit or container, or a command: --then COMMAND',
    );
  const service = titleOf(name);
  return {
    ...{ name, service, probe, goroutines, pages, afterwards, notify: asked.notify, once: asked.once },
    folder: resolve(asked.output ?? join(watchesFolder(), service.replaceAll(/[^\w.-]/g, '_'))),
    ...{ probeTimeoutMs: asked.probeTimeout * 1_000, everyMs: asked.every * 1_000 },
    ...{ maxPauseSeconds: asked.maxPause, capturesPerDay: asked.capturesPerDay },
    limits: { memoryMb: asked.memory, timeLimitMs: 15 * 60_000 },
    keep: { ...defaultRetention, bytes: asked.disk * 1e9 },
    say: (text) => output.aside(`${new Date().toISOString().slice(0, 19)}Z ${text}`),
  };
}

function nameOf({ pid, unit, container, pod }: Asked): ServiceName {
  const given = [pid, unit, container, pod].filter((one) => one !== undefined).length;
  if (given !== 1) refuse('name one service', 'pass one of --pid, --unit, --container and --pod');
  if (pid !== undefined) return { kind: 'pid', pid };
  if (unit !== undefined) return { kind: 'unit', unit };
  if (container !== undefined) {
    const [, engine = 'docker', name = ''] = /^(?:(docker|podman):\/\/)?(.*)$/.exec(container) ?? [];
    return { kind: 'container', engine, name };
  }
  const [, namespace, selector = ''] = /^(?:([a-z0-9-]+)\/)?(.*)$/.exec(pod ?? '') ?? [];
  return { kind: 'pod', selector, namespace };
}

function pagesOf({ metrics, progress, goroutines }: Asked): ServicePages {
  if ((metrics === undefined) !== (progress === undefined))
    refuse('--metrics and --progress belong together', 'pass both: --metrics URL --progress REGEX');
  try {
    return { metrics, progress: progress === undefined ? undefined : new RegExp(progress), goroutines };
  } catch {
    return refuse(
      `--progress takes a regular expression, not ${JSON.stringify(progress)}`,
      "for example '^jobs_done_total'",
    );
  }
}

function thenOf(text: unknown): Then {
  if (text === undefined) return { kind: 'leave' };
  if (typeof text !== 'string' || text === '')
    return refuse('--then takes restart, leave or a command', 'for example --then leave');
  if (text === 'leave' || text === 'restart') return { kind: text };
  return { kind: 'command', command: text };
}
