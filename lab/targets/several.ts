/** The hosts that a target names, in their order: `ssh://a,ssh://b` are two. */
export function hostsIn(target: string): readonly string[] {
  return target.split(',');
}
