import type { snapshotChoices } from '../../choices.js';

/** How the helper goes about it; what is left out is as the helper does it by itself. */
export interface HelperOptions {
  /** `fork`: the process has a child for a moment. */
  readonly snapshot?: (typeof snapshotChoices)[number];
  /** How long the process may stand still, milliseconds; it is let go then, without a core. */
  readonly maxPauseMs?: number;
  /** Without what may be data of the service. */
  readonly slim?: boolean;
}

/** Arguments of the helper's command `core` (helpers/capture/main.go); `core` is where it goes, `-` for stdout. */
export function coreArguments(
  pid: number,
  core: string,
  { snapshot, maxPauseMs, slim = false }: HelperOptions,
): readonly string[] {
  return [
    ...['core', '--pid', String(pid), '--core', core],
    ...(snapshot === undefined ? [] : ['--snapshot', snapshot]),
    ...(maxPauseMs === undefined ? [] : ['--max-pause', `${maxPauseMs}ms`]),
    ...(slim ? ['--slim'] : []),
  ];
}
