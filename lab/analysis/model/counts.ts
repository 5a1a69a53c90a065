import type { Cell } from './snapshot.js';

/** Goroutines in all of them. */
export const countOf = (cells: readonly Cell[]) => cells.reduce((sum, cell) => sum + cell.count, 0);

/** `1 goroutine waits`, `2 goroutines wait`. */
export const numbered = (count: number, one: string, many: string) => `${count} ${count === 1 ? one : many}`;
