/** `g.atomicstatus` values of runtime2.go that matter here; 0x1000 is the garbage collector's scan bit. */
export const goroutineStatus = {
  idle: 0,
  runnable: 1,
  running: 2,
  syscall: 3,
  waiting: 4,
  dead: 6,
  preempted: 9,
  /** From Go 1.26 on: it waits for what nothing alive reaches, as a garbage collection has proved. */
  leaked: 10,
  /** From Go 1.26 on: kept for a thread of C. */
  deadExtra: 11,
} as const;
export const scanBit = 0x1000;

export const isParked = (status: number) =>
  status === goroutineStatus.waiting || status === goroutineStatus.leaked;

/** It does not exist, or not yet. */
export const isGone = (status: number) =>
  status === goroutineStatus.dead || status === goroutineStatus.idle || status === goroutineStatus.deadExtra;
