import { z } from 'zod';
import { location } from './location.js';
import { network } from './network.js';
import { toldLeakProfile } from './told-leak-profile.js';

/**
 * The diagnosis as `lab analyze --json` prints it, schema `lab.diagnosis/1`. Fields may be added; none is
 * renamed or dropped without raising the schema number. Addresses are hex strings.
 */
export const deadlockClasses = ['resource', 'communication', 'mixed', 'livelock'] as const;
export const deadlockSubtypes = [
  'double-lock',
  'ab-ba',
  'rwr',
  'channel',
  'channel-context',
  'channel-condvar',
  'condvar',
  'channel-lock',
  'channel-waitgroup',
  'waitgroup-misuse',
  'busy-wait',
  'try-lock',
  'across-processes',
] as const;

/** A stack frame; `index` is the number that Delve's `frame` command takes, inlined frames included. */
const frame = location.extend({
  index: z.number().int(),
  inlined: z.boolean(),
  /** Arguments and locals that could be read, as Delve prints them. */
  variables: z.array(z.object({ name: z.string(), value: z.string() })).optional(),
});

const stackFrame = location.extend({ inlined: z.boolean() });

/** Labels of `runtime/pprof`, by their keys. */
const labels = z.record(z.string(), z.string());

/** Which of several processes is meant, `I2`; absent where there is one. */
const instanceId = z.string();

const rootGoroutine = z.object({
  id: z.number().int(),
  instance: instanceId.optional(),
  labels: labels.optional(),
  waitReason: z.string(),
  role: z.string(),
  currentLocation: location,
  userLocation: location,
  startLocation: location,
  goStatementLocation: location,
  waitsFor: z.array(z.string()),
  /** The whole stack, innermost frame first, with arguments. */
  stack: z.array(frame),
});

const resource = z.object({
  id: z.string(),
  instance: instanceId.optional(),
  kind: z.enum([
    'channel',
    'nil-channel',
    'mutex',
    'rwmutex',
    'waitgroup',
    'cond',
    'select',
    'connection',
    'unknown',
  ]),
  address: z.string(),
  name: z.string(),
  elemType: z.string().optional(),
  len: z.number().int().optional(),
  cap: z.number().int().optional(),
  closed: z.boolean().optional(),
  waiters: z.object({ send: z.number().int(), recv: z.number().int() }).optional(),
});

const edge = z.object({
  from: z.string(),
  to: z.string(),
  relation: z.enum(['waits-for', 'released-by', 'held-by']),
  inferred: z.boolean(),
  evidence: z.array(z.string()),
});

const evidence = z.object({
  id: z.string(),
  instance: instanceId.optional(),
  kind: z.enum(['memory', 'frame', 'source', 'reachability', 'heuristic']),
  text: z.string(),
  /** Delve commands, separated by `; `, that show it by hand. */
  check: z.string(),
});

/** A finding that several processes show, as one of them shows it. */
const seenIn = z.object({
  instance: instanceId,
  /** Its number in the diagnosis of that process; `null` where that process alone does not show it. */
  finding: z.string().nullable(),
  certainty: z.enum(['proved', 'strong', 'suspected', 'unknown']),
  /** Of the root cause, and those behind them. */
  goroutines: z.array(z.number().int()),
  victims: z.number().int(),
});

const finding = z.object({
  id: z.string(),
  /** Present where several processes were looked at together; all else is told of the first of these. */
  instances: z.array(seenIn).optional(),
  /** What is not the same in all of them: \`the value it is sending\`. */
  differs: z
    .array(
      z.object({ what: z.string(), values: z.array(z.object({ instance: instanceId, value: z.string() })) }),
    )
    .optional(),
  rule: z.string(),
  class: z.enum(deadlockClasses),
  subtype: z.enum(deadlockSubtypes),
  certainty: z.enum(['proved', 'strong', 'suspected', 'unknown']),
  explanation: z.string(),
  suggestion: z.string(),
  rootCause: z.object({
    goroutines: z.array(rootGoroutine),
    resources: z.array(resource),
    edges: z.array(edge),
  }),
  victims: z.object({ goroutines: z.number().int(), groups: z.array(z.string()) }),
  /** Of those that are blocked as a consequence: who has something to send, wants a lock, or waits for others to be done. */
  unserved: z.number().int().optional(),
  evidence: z.array(evidence),
});

/** What goroutines wait for, with its state in words; `groups` are those that wait for it. */
const waitedObject = resource.extend({
  state: z.string(),
  waiting: z.number().int(),
  groups: z.array(z.string()),
});

/**
 * Goroutines that wait behind one that waits for something outside of the program: no deadlock, but what it is slow for.
 */
const slowWait = z.object({
  /** Which has what others wait for. */
  goroutine: z.number().int(),
  resources: z.array(z.string()),
  /** Goroutines behind it. */
  waiting: z.number().int(),
  groups: z.array(z.string()),
  /** What it does: `reading`, `sleeping`, `in a system call`. */
  doing: z.string(),
  location,
  /** The other end of its connection: `10.2.0.7:5432`. */
  remote: z.string().optional(),
  /** How long it has waited at least, in seconds; absent where no garbage collection has come past since. */
  seconds: z.number().int().optional(),
  text: z.string(),
});

export const outlookKinds = ['ends', 'idle', 'stuck', 'unclear', 'spinning'] as const;

const toldReleaser = z.object({
  /** `G42`, or code that is on no stack. */
  who: z.string(),
  counts: z.enum(['certain', 'may', 'ruled-out']),
  why: z.string(),
});

/** Goroutines of one signature: the same wait reason and stack. */
const group = z.object({
  id: z.string(),
  instance: instanceId.optional(),
  count: z.number().int(),
  waitReason: z.string(),
  userLocation: location,
  startLocation: location,
  goStatementLocation: location,
  exampleIds: z.array(z.number().int()),
  /** How many of its goroutines have which labels, most first, at most 100 sets; absent where none has any. */
  labels: z.array(z.object({ set: labels, count: z.number().int() })).optional(),
  stack: z.array(stackFrame),
  /** What becomes of its goroutines; of several kinds the worst. Absent where no wait was followed. */
  outlook: z.enum(outlookKinds).optional(),
  /** What ends their waits, what they wait for, or why neither is known. */
  outlookReason: z.string().optional(),
  /** The loop in which its goroutines take processor time and do nothing else. */
  spins: z
    .object({ function: z.string(), file: z.string(), from: z.number().int(), to: z.number().int() })
    .optional(),
  /** Who could end their waits, and why each of them counts or does not. */
  releasers: z.array(toldReleaser).optional(),
});

const ofOneProcess = z.object({
  schema: z.literal('lab.diagnosis/1'),
  verdict: z.enum(['deadlock', 'none', 'unknown']),
  scope: z.enum(['global', 'partial']).nullable(),
  summary: z.string(),
  process: z.object({
    exe: z.string(),
    core: z.string(),
    buildId: z.string(),
    goVersion: z.string(),
    os: z.string(),
    arch: z.string(),
    goroutines: z.object({
      total: z.number().int(),
      user: z.number().int(),
      system: z.number().int(),
      blocked: z.number().int(),
    }),
  }),
  /** The Delve that read the core; absent of a stripped program, and of older versions of the lab. */
  delve: z
    .object({
      version: z.string(),
      /** On the machine that the diagnosis was made on; absent when the Delve was on another. */
      path: z.string().optional(),
      /** Whether that is what `dlv` started there. */
      onPath: z.boolean(),
    })
    .optional(),
  /**
   * The same for every capture of the same hang, whatever the build: `cause-...` of the first finding, `stacks-...` of where
   * goroutines are blocked without one. Absent where nothing hangs, and of older versions of the lab.
   */
  fingerprint: z.string().optional(),
  /** What the fingerprint is made of: the rule, functions, objects; or blocked places. */
  fingerprintOf: z.array(z.string()).optional(),
  findings: z.array(finding),
  groups: z.array(group),
  /** The article's table: goroutines by user location, the names being those of inlined functions. */
  userLocations: z.array(z.object({ function: z.string(), line: z.number().int(), count: z.number().int() })),
  /** Objects that are waited for, most waiters first. */
  objects: z.array(waitedObject).optional(),
  /** Most waited for, where nothing could be proved: one line each. */
  suspects: z.array(z.object({ resource: z.string(), group: z.string(), text: z.string() })).optional(),
  /** The runtime's own leak profile beside all this, where one was given. */
  leakProfile: toldLeakProfile.optional(),
  /** Who is held up by the network, a clock or the system, most first. */
  slow: z.array(slowWait).optional(),
  /** Present where several processes are looked at together. */
  network: network.optional(),
  stats: z.object({
    engine: z.enum(['core-reader', 'delve', 'dump']),
    wallMs: z.number(),
    peakRssBytes: z.number(),
    crossChecked: z.number().int(),
    crossCheckMismatches: z.number().int(),
  }),
  limits: z.array(z.string()),
});

/** One of several processes that were looked at together. */
const instance = z.object({
  id: instanceId,
  /** Its core, as it was named. */
  name: z.string(),
  pid: z.number().int().nullable(),
  /** When the core was written, ISO 8601; \`null\` where that is not known. */
  taken: z.string().nullable(),
  /** As \`lab analyze\` diagnoses it by itself. */
  diagnosis: ofOneProcess,
});

/**
 * Of several processes it has the same fields: findings are told once, with their \`instances\`; names of groups,
 * objects and of the nodes of edges begin with the instance, \`I2.S3\`; \`process\` is the first one's, with the goroutines of
 * all; \`instances\` has each by itself.
 */
export const diagnosisSchema = ofOneProcess.extend({ instances: z.array(instance).optional() });

export type DeadlockClass = (typeof deadlockClasses)[number];
export type DeadlockSubtype = (typeof deadlockSubtypes)[number];
export type Location = z.infer<typeof location>;
export type Diagnosis = z.infer<typeof diagnosisSchema>;
export type Finding = z.infer<typeof finding>;
export type Resource = z.infer<typeof resource>;
export type WaitedObject = z.infer<typeof waitedObject>;
export type Evidence = z.infer<typeof evidence>;
export type Edge = z.infer<typeof edge>;
export type Group = z.infer<typeof group>;
export type OutlookKind = (typeof outlookKinds)[number];
export type SlowWait = z.infer<typeof slowWait>;
export type Instance = z.infer<typeof instance>;
export type ToldReleaser = z.infer<typeof toldReleaser>;
export type RootGoroutine = z.infer<typeof rootGoroutine>;
