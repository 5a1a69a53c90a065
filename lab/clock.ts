/**
 * Milliseconds of the Unix epoch, with fractions, that never jump: the monotonic clock on top of the
 * epoch at which this process began. Comparable between processes of one machine.
 */
export function epochMs(): number {
  return performance.timeOrigin + performance.now();
}
