/** A count with separators. */
export const number = (n: number): string => n.toLocaleString('en-US');

/** `1 goroutine`, `2,022 goroutines`. */
export function counted(n: number, one: string, many = `${one}s`): string {
  return `${number(n)} ${n === 1 ? one : many}`;
}
