import { type Finished, type Place, StackTree } from './fold.js';
import type { GoroutineState, Header } from './header.js';
import { IdSet } from './id-set.js';
import type { Dump } from './model.js';

/** A server may write one for each request that panics. */
const maxDumps = 1000;

/** What ended a process, as lines before its first goroutine tell. */
export interface Cause {
  readonly fatal: string;
  /** The goroutine that comes next is the one that ran into it. */
  readonly runs: boolean;
}

/** What is around the first line of a goroutine. */
export interface Around {
  readonly time: Date | undefined;
  /** An empty line stands before it, as between the goroutines of one dump. */
  readonly afterBlank: boolean;
  /** The first line below it, empty at the end of the text. */
  readonly first: string;
}

/** What is printed for the frames of a goroutine that runs on another thread; some logs take the tab before it away. */
export const isUnavailable = (line: string) =>
  line.endsWith('goroutine running on other thread; stack unavailable');

interface Unavailable {
  readonly place: Place | undefined;
  readonly state: GoroutineState;
  readonly finished: Finished;
}

class OpenDump {
  readonly tree = new StackTree();
  readonly ids = new IdSet();
  fatal: string | undefined;
  time: Date | undefined;
  /** As the first line says, where the form has such a line. */
  total: number | undefined;
  leaks = false;
  goroutines = 0;
  hasRunner = false;
  /** Threads print what they run one after the other: GOTRACEBACK=crash. */
  byThreads = false;
  /** By number, those that run on another thread, which may print them yet. */
  readonly unavailable = new Map<number, Unavailable>();
  /** The goroutine whose lines come was printed before, by another thread. */
  isRepeated = false;
  readonly limits = new Set<string>();

  constructor(readonly form: Dump['form']) {}

  close(): Dump {
    for (const { place, state, finished } of this.unavailable.values()) this.tree.end(place, state, finished);
    if (this.total !== undefined && this.total > this.goroutines) {
      this.limits.add(
        `the dump has ${this.goroutines} of the ${this.total} goroutines that its first line tells of`,
      );
    }
    const { form, fatal, time } = this;
    return {
      form,
      ...(this.leaks && { leaks: true as const }),
      ...(fatal !== undefined && { fatal }),
      ...(time !== undefined && { time }),
      goroutines: this.goroutines,
      stacks: this.tree.stacks(),
      limits: [...this.limits, ...this.tree.limits()],
    };
  }
}

/** Sorts goroutines into the dumps to which they belong. */
export class Collector {
  readonly #dumps: Dump[] = [];
  #open: OpenDump | undefined;
  #cause: Cause | undefined;
  #nextThread = false;
  #dumpsLeftOut = 0;
  /** Of all dumps. */
  goroutines = 0;

  /** A line that tells that a process ends. */
  cause(cause: Cause): void {
    this.#cause = cause;
  }

  /** The line between what two threads print. */
  nextThread(): void {
    this.#nextThread = true;
  }

  /** Adds to what the open dump lacks. */
  limit(text: string): void {
    this.#open?.limits.add(text);
  }

  /** The tree for a dump of counts, of which the first line tells `total`, and whether all of them are leaked. */
  counts({ total, leaked }: { total: number; leaked: boolean }, time: Date | undefined): StackTree {
    this.#close();
    const open = this.#begin('counts');
    open.total = total;
    open.leaks = leaked;
    open.time = time;
    return open.tree;
  }

  /** The tree for the lines below a goroutine's first line. */
  goroutine(header: Header, around: Around): StackTree {
    const cause = this.#cause;
    this.#cause = undefined;
    if (this.#nextThread && this.#open !== undefined) this.#open.byThreads = true;
    this.#nextThread = false;
    if (this.#open !== undefined && this.#beginsAnother(this.#open, header, around, cause)) this.#close();
    const open = this.#open ?? this.#begin('traceback');
    open.time ??= around.time;
    if (open.goroutines === 0 && cause !== undefined) open.fatal ??= cause.fatal;
    if (header.state.status === 'running' && !isUnavailable(around.first)) open.hasRunner = true;
    open.isRepeated =
      header.id !== 0 && !open.ids.add(header.id) && open.byThreads && !open.unavailable.has(header.id);
    return open.tree;
  }

  #beginsAnother(open: OpenDump, header: Header, around: Around, cause: Cause | undefined): boolean {
    if (open.form === 'counts') return true;
    if (open.byThreads && !(cause !== undefined && open.fatal !== cause.fatal)) return false;
    const runs = header.state.status === 'running' && !isUnavailable(around.first);
    if (cause !== undefined && open.goroutines > 0 && (runs || !cause.runs)) return true;
    // Of a world that stands still only the one that asks for the dump is running.
    if (runs && open.hasRunner && (!around.afterBlank || /^runtime\/(pprof|debug)\./.test(around.first)))
      return true;
    return header.id !== 0 && !open.unavailable.has(header.id) && open.ids.has(header.id);
  }

  #begin(form: Dump['form']): OpenDump {
    this.#open = new OpenDump(form);
    return this.#open;
  }

  /** A goroutine's lines are over. Goroutine 0 is a thread's own stack, and none. */
  end(place: Place | undefined, state: GoroutineState, finished: Finished): void {
    const open = this.#open;
    if (open === undefined || finished.id === 0 || open.isRepeated) return;
    if (open.unavailable.delete(finished.id)) this.#count(-1);
    this.#count(1);
    if (finished.lack === 'unavailable') open.unavailable.set(finished.id, { place, state, finished });
    else open.tree.end(place, state, finished);
  }

  /** The lines of a group are over, of a dump of counts. */
  endGroup(place: Place | undefined, state: GoroutineState, lack: Finished['lack'], count: number): void {
    this.#open?.tree.endGroup(place, state, lack, count);
    this.#count(count);
  }

  #count(more: number): void {
    if (this.#open !== undefined) this.#open.goroutines += more;
    this.goroutines += more;
  }

  #close(): void {
    const open = this.#open;
    this.#open = undefined;
    if (open === undefined || (open.goroutines === 0 && open.total === undefined)) return;
    if (this.#dumps.length < maxDumps) this.#dumps.push(open.close());
    else this.#dumpsLeftOut++;
  }

  /** The text is over. */
  dumps(): Dump[] {
    this.#close();
    const last = this.#dumps.at(-1);
    if (last !== undefined && this.#dumpsLeftOut > 0) {
      const limit = `${this.#dumpsLeftOut} further dumps follow in the same text, and are left out`;
      this.#dumps.splice(-1, 1, { ...last, limits: [...last.limits, limit] });
    }
    return this.#dumps;
  }
}
