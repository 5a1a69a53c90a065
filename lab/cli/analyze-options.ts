import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import { complaintsText } from '../complaints.js';
import { LabError } from '../errors.js';
import type { WantedLabel } from '../report/labels-text.js';
import { filesOfRun, requireDistinct } from './distinct-files.js';
import { requireSourceFolders } from './source-options.js';
import { requireWritable } from './written-file.js';

/** What `lab analyze` takes, as commander hands it over. */
const optionsSchema = z.looseObject({
  exe: z.array(z.string()).default([]),
  core: z.array(z.string()).default([]),
  debugFile: z.string().optional(),
  run: z.string().optional(),
  dump: z.string().optional(),
  leakProfile: z.string().optional(),
  pid: z.string().optional(),
  target: z.string().optional(),
  keep: z.string().min(1).optional(),
  sourceMap: z.array(z.string().regex(/^[^=]+=.+$/, 'FROM=TO')).default([]),
  goRoot: z.string().optional(),
  html: z.string().optional(),
  members: z.string().optional(),
  proof: z.boolean().default(false),
  verbose: z.boolean().default(false),
  markdown: z.boolean().default(false),
  label: z
    .string()
    .regex(/^[^=]+=/, 'KEY=VALUE')
    .transform(parseLabel)
    .optional(),
  explain: z.string().optional(),
  svg: z.string().optional(),
  pprof: z.string().optional(),
  /** A folder; commander's form of `--no-source` is `false`. */
  source: z.union([z.boolean(), z.string().min(1)]).default(true),
});

/** `exe` and `core` are the first of all that were named. */
export type AnalyzeOptions = ReturnType<typeof withFirst>;

const withFirst = ({ exe, core, ...options }: z.infer<typeof optionsSchema>) => ({
  ...options,
  ...{ exes: exe, cores: core },
  exe: exe[0],
  core: core[0],
});

/** What is written, as messages call it. */
export const written = {
  html: 'the report',
  members: 'the list of goroutines',
  svg: 'the graph',
  pprof: 'the profile',
} as const;

/** Reads `KEY=VALUE`; the first `=` divides. */
function parseLabel(text: string): WantedLabel {
  const at = text.indexOf('=');
  return { key: text.slice(0, at), value: text.slice(at + 1) };
}

/** Throws `usage` for what cannot be read. */
export function readAnalyzeOptions(options: unknown): AnalyzeOptions {
  const parsed = optionsSchema.safeParse(options);
  if (parsed.success) return withFirst(parsed.data);
  throw new LabError(complaintsText(parsed.error, options), {
    code: 'usage',
    hint: 'see `npx lab analyze --help`',
  });
}

/** An explanation is printed in place of everything else. */
export function requireOneAnswer({
  explain,
  html,
  svg,
  pprof,
  members,
  leakProfile,
  ...shown
}: AnalyzeOptions): void {
  const others = {
    html,
    svg,
    pprof,
    members,
    'leak-profile': leakProfile,
    ...(shown.markdown ? { markdown: true } : {}),
  };
  const [other] = Object.entries(others).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  if (explain === undefined || other === undefined) return;
  throw new LabError(`--explain prints one explanation, and nothing for --${other}`, {
    code: 'usage',
    hint: `leave out --explain, or --${other}`,
  });
}

/** Options that are about a running process, where none is named. */
export function requireNoProcess(options: Readonly<Record<string, unknown>>): void {
  const { keep, looks, every, capture, snapshot, maxPause } = options;
  const given = { keep, looks, every, capture, snapshot, 'max-pause': maxPause };
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    throw new LabError(`--${name} is about a running process`, {
      ...{ code: 'usage', hint: 'name the process: --pid PID' },
    });
  }
}

/** What is sure to fail is said before the work, not after it. */
export function requireSensible({
  exe,
  core,
  debugFile,
  run,
  dump,
  leakProfile,
  pid,
  target,
  source,
  goRoot,
  sourceMap,
  html,
  members,
  svg,
  pprof,
}: AnalyzeOptions): void {
  const refuse = (message: string, hint: string): never => {
    throw new LabError(message, { code: 'usage', hint });
  };
  if ((pid ?? target) !== undefined && (exe ?? core ?? run ?? dump) !== undefined) {
    refuse(
      'a running process is captured with its executable',
      'leave out --exe, --core, --run and --dump, or --pid and --target',
    );
  }
  if (run !== undefined && (exe ?? core ?? debugFile) !== undefined) {
    refuse('--run has its own executable and core', 'leave out --exe, --core and --debug-file, or --run');
  }
  if (dump !== undefined && (core ?? run ?? debugFile) !== undefined) {
    refuse('--dump is analysed by itself', 'leave out --core, --debug-file and --run, or --dump');
  }
  if (run !== undefined && leakProfile !== undefined) {
    refuse(
      '--leak-profile is laid beside a core or a dump',
      'pass --exe and --core, or --dump, in place of --run',
    );
  }
  if (dump === '-' && leakProfile === '-') {
    refuse('--dump and --leak-profile cannot both be read from stdin', 'write one of them into a file');
  }
  if (dump === undefined && typeof source === 'string') {
    refuse('--source belongs to --dump', 'use --source-map FROM=TO for a core');
  }
  requireSourceFolders({ source, goRoot, sourceMap });
  const files = [
    { what: written.html, path: html },
    { what: written.members, path: members },
    { what: written.svg, path: svg },
    { what: written.pprof, path: pprof },
  ].flatMap(({ what, path }) => (path === undefined ? [] : [{ what, path }]));
  const read = [
    { what: 'the executable', path: exe },
    { what: 'the core', path: core },
    { what: 'the dump', path: dump !== undefined && existsSync(dump) ? dump : undefined },
    { what: 'the debug file', path: debugFile },
    {
      what: 'the leak profile',
      path: leakProfile !== undefined && existsSync(leakProfile) ? leakProfile : undefined,
    },
  ].flatMap(({ what, path }) => (path === undefined ? [] : [{ what, path }]));
  requireDistinct(files, run === undefined ? read : filesOfRun(run));
  for (const { what, path } of files) requireWritable(what, resolve(path));
}
