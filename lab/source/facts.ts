import { z } from 'zod';

/*
 * What the helper answers, protocol `lab.facts/1` (docs/facts.md). Stacks and frames are numbers: places in the list
 * that was sent with `stacks`. Paths are the ones that the compiler recorded.
 */

const place = z.object({ file: z.string(), line: z.number() });

/** Tells an object by what lies around it: where optimised code kept no variable, a pointer to that may be left. */
/** Offsets to add, and -1 to read the pointer that is there. */
const access = z.array(z.number());

const owner = z.object({
  type: z.string(),
  /** Of the object in what lies around it, bytes. */
  offset: z.number(),
  /** The function has other variables of that type. */
  ambiguous: z.boolean(),
  /** The caller passed it in. */
  passed: z.boolean(),
  /** The way from a pointer in the frame to an object that lies behind a pointer of its own; then `offset` tells nothing. */
  access: access.optional(),
});

const spot = z.object({
  stack: z.number(),
  frame: z.number(),
  /** Finds the object in that frame; empty where it cannot be read there. */
  expr: z.string(),
  /** It means the same object until then. */
  stays: z.boolean(),
  owner: owner.optional(),
  /** One pointer of the frame leads to what its goroutine waits for, on each of these ways, and to the object. */
  via: z.object({ waits: z.array(access), object: access }).optional(),
  /** The frame waits in a select, and comes there from these cases of it alone. */
  arms: z
    .array(
      z.object({
        kind: z.string(),
        expr: z.string(),
        via: z.object({ waits: z.array(access), object: access }).optional(),
      }),
    )
    .optional(),
  /** The object is what the goroutine waits for. */
  waited: z.boolean().optional(),
  /** The frame holds the object as long as it is needed, with a variable or without. */
  loose: z.boolean().optional(),
  /** The frame waits to receive the value that the object is in: what it has of it now is not meant. */
  again: z.boolean().optional(),
  renewed: z.boolean().optional(),
  /** The frame keeps a function value: one of its first words leads to the object, or to what has it so many bytes further. */
  bound: z.object({ offset: z.number(), captured: z.number() }).optional(),
  /** A deferred call that the frame has registered leads straight there. */
  registered: z.boolean().optional(),
  /** The frame may come round to where it stands, and not by the operation. */
  skips: z.boolean().optional(),
  /** How often a frame still brings a wait group's counter down. */
  times: z.enum(['sure', 'once', 'many']).optional(),
  /** Where the frame calls what leads there; absent of the operation itself. */
  site: place.optional(),
  /** The operation is in a function that is called there as a value. */
  calledAt: place.optional(),
  gates: z.array(z.number()).nullish(),
  /** Wait groups that the goroutine waits for before it comes there, on every way, in this frame or in those inside of it. */
  groups: z.array(place.extend({ frame: z.number(), expr: z.string(), op: z.number() })).optional(),
});

const entry = z.object({
  why: z.string(),
  file: z.string(),
  line: z.number(),
  gates: z.array(z.number()).nullish(),
});

const operation = place.extend({
  kind: z.string(),
  function: z.string(),
  expr: z.string(),
  deferred: z.boolean().optional(),
  /** An unlock of what its function has not locked. */
  bare: z.boolean().optional(),
  /** It stands in a module that the program depends on, or in Go's library. */
  foreign: z.boolean().optional(),
  /** Of all who wait for a condition it wakes one, whichever that is. */
  one: z.boolean().optional(),
  /** The line of a return that stands before the send, close or Done. */
  leftBefore: z.number().optional(),
  onStack: z.array(spot),
  routes: z.array(spot),
  open: z.array(entry),
});

const holder = spot.extend({
  /** On every way that leads there; otherwise on some. */
  always: z.boolean(),
  kind: z.enum(['lock', 'rlock']),
  text: z.string(),
  file: z.string(),
  line: z.number(),
  givenBack: z.string().optional(),
  own: z.boolean().optional(),
  /** The function that took it and returned with it; absent where the frame's own did. */
  takenBy: z.string().optional(),
});

const departure = place.extend({
  function: z.string(),
  how: z.enum(['timeout', 'context', 'other case', 'return', 'once', 'end']),
  at: z.number(),
  made: z.boolean(),
  onStack: z.boolean(),
});

export const classSchema = z.object({
  operations: z.array(operation),
  gates: z.array(z.object({ id: z.number(), global: z.boolean(), closed: z.array(spot) })),
  names: z.array(z.object({ rank: z.number(), name: z.string() })),
  unknown: z.boolean(),
  escapes: z.array(entry),
  contexts: z.array(
    place.extend({
      name: z.string(),
      function: z.string(),
      discarded: z.boolean(),
      clock: z.boolean(),
      cancels: z.array(place),
    }),
  ),
  others: z.array(entry),
  background: z.boolean(),
  departures: z.array(departure),
  slots: z.array(z.number()),
  holders: z.array(holder),
  /** Where such objects come into being, by the sources. */
  made: z.array(place.extend({ function: z.string(), foreign: z.boolean().optional() })).optional(),
  leaks: z.array(
    place.extend({ function: z.string(), lockedAt: z.number(), panics: z.boolean().optional() }),
  ),
});

/** What was read of the program. */
const loaded = z.object({
  goVersion: z.string(),
  packages: z.number(),
  functions: z.number(),
  missing: z.array(z.string()),
  /** Functions that do not type-check here, so that nothing is known of them. */
  dropped: z.array(z.string()),
  sources: z.array(z.object({ recorded: z.string(), local: z.string(), library: z.boolean() })),
});

export const stacksSchema = z.object({
  infos: z.array(
    z.object({
      library: z.boolean(),
      known: z.boolean(),
      start: z.number(),
      here: z.boolean(),
      byName: z.boolean(),
    }),
  ),
  of: z.array(z.array(z.number())),
  unseen: z.array(z.string()),
  loaded,
});

/** Files that it takes to read the program where none of them lies, without what that needs none of. */
export const textsSchema = z.object({
  files: z.array(z.object({ recorded: z.string(), local: z.string(), text: z.string() })).nullable(),
});

export const placesSchema = z.object({
  places: z.array(
    z.array(
      z.object({
        op: z.number(),
        text: z.string(),
        expr: z.string(),
        line: z.number(),
        near: z.boolean(),
        done: z.boolean(),
        /** It receives from a timer or a ticker. */
        clock: z.boolean().optional(),
        /** That timer was stopped before. */
        drain: z.boolean().optional(),
        /** Its function comes back to it, for as long as others have something for it. */
        round: z.boolean().optional(),
        /** It stands in a module that the program depends on, or in Go's library. */
        foreign: z.boolean().optional(),
        /** It sends a channel, by which whoever takes it gives it something to do. */
        offer: z.boolean().optional(),
        /** As a person calls it, where this stack tells. */
        name: z.string().optional(),
        elem: z.string().optional(),
        owner: owner.optional(),
      }),
    ),
  ),
});

/** A loop in which nothing waits and nothing is done, and which only others can end. */
const spin = z.object({
  /** What it asks over and over; `endless` where it asks nothing. */
  kind: z.enum(['try-lock', 'channel', 'atomic', 'memory', 'endless']),
  function: z.string(),
  file: z.string(),
  /** Its first and last line. */
  from: z.number(),
  to: z.number(),
  asked: z.array(z.object({ rank: z.number(), name: z.string() })),
  /** Places that change what it asks, with the stacks that have them ahead. */
  changers: z.array(place.extend({ function: z.string(), stacks: z.array(z.number()) })),
});

export const spinsSchema = z.object({ spins: z.array(spin.nullable()) });

/** Where the words that a traceback prints of a frame's arguments lead to an object. */
const argumentWord = z.object({
  index: z.number(),
  steps: access,
  /** A field in which each struct has a channel of its own. */
  own: z.string().optional(),
});

export const wordsSchema = z.object({ words: z.array(argumentWord.nullable()) });

/** Operations with one number may share an object; -1 for one that is not known. */
export const alikeSchema = z.object({ groups: z.array(z.number()) });

export type ArgumentWord = z.infer<typeof argumentWord>;
export type OperationClass = z.infer<typeof classSchema>;
export type Operation = z.infer<typeof operation>;
export type Spot = z.infer<typeof spot>;
export type Entry = z.infer<typeof entry>;
export type Holder = z.infer<typeof holder>;
export type GroupAhead = NonNullable<Spot['groups']>[number];
export type Owner = z.infer<typeof owner>;
export type Via = NonNullable<Spot['via']>;
export type Departure = z.infer<typeof departure>;
export type StacksAnswer = z.infer<typeof stacksSchema>;
export type FrameInfo = z.infer<typeof stacksSchema>['infos'][number];
export type WaitingOp = z.infer<typeof placesSchema>['places'][number][number];
export type SourceRead = z.infer<typeof loaded>['sources'][number];
export type Spin = z.infer<typeof spin>;
export type SourceText = NonNullable<z.infer<typeof textsSchema>['files']>[number];

/** How a goroutine waits: what a channel's does, and what it wants of an object of package sync. */
export type WaitMode = 'send' | 'receive' | 'lock' | 'drain' | 'rlock' | 'wait' | 'notify';
