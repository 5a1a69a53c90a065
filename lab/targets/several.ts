/** The hosts that a target names, in their order: `ssh://a,ssh://b` are two. */
export function hostsIn(target: string): readonly string[] {
  return target.split(',');
}

/** Whether it names hosts over SSH. */
export const isOverSsh = (target: string): boolean => target.startsWith('ssh://');
