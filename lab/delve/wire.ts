import { z } from 'zod';

/**
 * Delve's answers, API version 2 (service/api/types.go and service/rpc2/server.go in Delve's sources).
 * Loose objects: fields that are not named here pass through. Go's nil slices arrive as `null` and become
 * empty arrays. Addresses are numbers, exact below 2^53.
 */
function list<T extends z.ZodType>(item: T) {
  return z
    .array(item)
    .nullish()
    .transform((items) => items ?? []);
}

export const functionSchema = z.looseObject({
  name: z.string(),
  /** Entry address. */
  value: z.number(),
  /** Compiled with optimisation: some variables cannot be read. */
  optimized: z.boolean().default(false),
});

export const locationSchema = z.looseObject({
  pc: z.number(),
  file: z.string(),
  line: z.number().int(),
  function: functionSchema.nullish(),
  /** Filled by FindLocation. */
  pcs: list(z.number()),
});

/** `reflect.Kind` numbers that matter when values are read. */
export const kinds = {
  array: 17,
  chan: 18,
  func: 19,
  interface: 20,
  map: 21,
  pointer: 22,
  slice: 23,
  string: 24,
  struct: 25,
  unsafePointer: 26,
} as const;

export interface Variable {
  readonly name: string;
  readonly addr: number;
  readonly onlyAddr: boolean;
  readonly type: string;
  readonly realType: string;
  readonly flags: number;
  /** `reflect.Kind`, see `kinds`. */
  readonly kind: number;
  /** Scalars and strings; the name of the function for a func. Strings are cut at `MaxStringLen`. */
  readonly value: string;
  /** Real length, also when fewer children were loaded. */
  readonly len: number;
  readonly cap: number;
  /** Elements, struct fields, the pointee of a pointer (one child), keys and values of a map by turns. */
  readonly children: readonly Variable[];
  /** Address of the hchan of a channel, the backing array of a slice, the bytes of a string. */
  readonly base: number;
  /** Why the value could not be read; empty when it could. */
  readonly unreadable: string;
  readonly DeclLine: number;
}

export const variableSchema: z.ZodType<Variable> = z.lazy(() =>
  z.looseObject({
    name: z.string(),
    addr: z.number(),
    onlyAddr: z.boolean().default(false),
    type: z.string(),
    realType: z.string(),
    flags: z.number().default(0),
    kind: z.number(),
    value: z.string(),
    len: z.number(),
    cap: z.number(),
    children: list(variableSchema),
    base: z.number(),
    unreadable: z.string().default(''),
    DeclLine: z.number().default(0),
  }),
);

/** `_Gscan` of runtime2.go: set while the collector looks at the stack. */
const scanBit = 0x1000;

export const goroutineSchema = z.looseObject({
  id: z.number().int(),
  currentLoc: locationSchema,
  userCurrentLoc: locationSchema,
  goStatementLoc: locationSchema,
  startLoc: locationSchema,
  threadID: z.number().int().default(0),
  /** The runtime's status without the scan bit: 4 is waiting, 6 dead. */
  status: z.number().transform((status) => status & ~scanBit),
  waitSince: z.number().default(0),
  /** A number whose meaning depends on the Go version: see wait-reasons.ts. */
  waitReason: z.number().int().default(0),
  unreadable: z.string().default(''),
  labels: z.record(z.string(), z.string()).nullish(),
});

/** The location lies in the frame itself; variables are loaded when a load configuration was passed. */
export const stackframeSchema = locationSchema.extend({
  Locals: list(variableSchema),
  Arguments: list(variableSchema),
  FrameOffset: z.number().default(0),
  FramePointerOffset: z.number().default(0),
  Bottom: z.boolean().default(false),
  Err: z.string().default(''),
});

export const getVersionOut = z.looseObject({
  DelveVersion: z.string(),
  APIVersion: z.number(),
  Backend: z.string().default(''),
  /** As the debug info's producer says, `Go cmd/compile go1.26.8`. */
  TargetGoVersion: z.string().default(''),
  MinSupportedVersionOfGo: z.string().default(''),
  MaxSupportedVersionOfGo: z.string().default(''),
});

export const listGoroutinesOut = z.looseObject({
  Goroutines: list(goroutineSchema),
  /** Where the next page starts, -1 after the last. */
  Nextg: z.number().int(),
});

export const stacktraceOut = z.looseObject({ Locations: list(stackframeSchema) });
export const evalOut = z.looseObject({ Variable: variableSchema });
export const listSourcesOut = z.looseObject({ Sources: list(z.string()) });
export const listFunctionsOut = z.looseObject({ Funcs: list(z.string()) });
export const listTypesOut = z.looseObject({ Types: list(z.string()) });
export const findLocationOut = z.looseObject({ Locations: list(locationSchema) });
export const variablesOut = z.looseObject({ Variables: list(variableSchema) });
export const argumentsOut = z.looseObject({ Args: list(variableSchema) });

const packageBuildInfo = z.looseObject({
  ImportPath: z.string(),
  DirectoryPath: z.string(),
  Files: list(z.string()),
});
export const listPackagesBuildInfoOut = z.looseObject({ List: list(packageBuildInfo) });

/** `Mem` is base64. */
export const examineMemoryOut = z.looseObject({
  Mem: z
    .string()
    .nullish()
    .transform((text) => Buffer.from(text ?? '', 'base64')),
  IsLittleEndian: z.boolean().default(true),
});

const threadSchema = z.looseObject({
  id: z.number().int(),
  pc: z.number(),
  file: z.string(),
  line: z.number().int(),
  function: functionSchema.nullish(),
  goroutineID: z.number().int().default(0),
});
export const stateOut = z.looseObject({
  State: z.looseObject({
    Pid: z.number().int().default(0),
    currentThread: threadSchema.nullish(),
    currentGoroutine: goroutineSchema.nullish(),
    Threads: list(threadSchema),
  }),
});

export type DelveLocation = z.infer<typeof locationSchema>;
export type DelveGoroutine = z.infer<typeof goroutineSchema>;
export type Stackframe = z.infer<typeof stackframeSchema>;
export type DelveVersion = z.infer<typeof getVersionOut>;
export type GoroutinePage = z.infer<typeof listGoroutinesOut>;
export type PackageBuildInfo = z.infer<typeof packageBuildInfo>;
export type DelveState = z.infer<typeof stateOut>['State'];
