import type { DelveVersion, GoVersion } from './versions.js';

export interface DelveWindow {
  readonly oldest: number;
  readonly newest: number;
}

export interface PinnedDelve {
  readonly version: string;
  /** Minors of Go whose programs it reads: `pkg/goversion/compat.go` of that Delve. */
  readonly window: DelveWindow;
  /** Minor of the oldest Go that builds it: the `go` line of its `go.mod`. */
  readonly needs: number;
}

/** Newest first. */
export const pinnedDelves: readonly PinnedDelve[] = [
  { version: '1.27.2', window: { oldest: 25, newest: 27 }, needs: 25 },
  { version: '1.26.2', window: { oldest: 24, newest: 26 }, needs: 24 },
  { version: '1.25.2', window: { oldest: 22, newest: 25 }, needs: 22 },
  { version: '1.24.2', window: { oldest: 21, newest: 24 }, needs: 21 },
  { version: '1.23.1', window: { oldest: 21, newest: 23 }, needs: 21 },
  { version: '1.22.1', window: { oldest: 19, newest: 22 }, needs: 21 },
  { version: '1.21.2', window: { oldest: 19, newest: 21 }, needs: 17 },
  { version: '1.20.2', window: { oldest: 18, newest: 20 }, needs: 16 },
];

/** Delve of an older minor speaks another form of the protocol by default and knows none of our Go versions. */
const oldestDelveMinor = 20;

/** From this Go on compilers write DWARF 5, which a Delve reads only if it was itself built with this Go or a newer one. */
const dwarf5Minor = 25;

/**
 * The minors of Go whose programs a Delve reads. Known minors come from the table; of a newer one the
 * window is taken to be its own minor and the two before, the narrowest that any Delve ever had.
 * `undefined` for a Delve that the lab does not work with.
 */
export function windowOf(delve: Pick<DelveVersion, 'minor'>): DelveWindow | undefined {
  if (delve.minor < oldestDelveMinor) return undefined;
  const pinned = pinnedDelves.find(({ version }) => version.startsWith(`1.${delve.minor}.`));
  return pinned?.window ?? { oldest: delve.minor - 2, newest: delve.minor };
}

/**
 * Whether a Delve reads programs of a Go version. `builtWith` is the Go that built that Delve, `undefined`
 * when it does not say, which only a Delve older than DWARF 5 does.
 */
export function delveFits(
  delve: Pick<DelveVersion, 'minor'>,
  builtWith: Pick<GoVersion, 'minor'> | undefined,
  program: Pick<GoVersion, 'minor'>,
): boolean {
  const window = windowOf(delve);
  if (window === undefined || program.minor < window.oldest || program.minor > window.newest) return false;
  return program.minor < dwarf5Minor || (builtWith !== undefined && builtWith.minor >= dwarf5Minor);
}

/** The pinned Delves that read the program and that `builder` can build, the best first. */
export function chooseDelve(
  program: Pick<GoVersion, 'minor'>,
  builder: Pick<GoVersion, 'minor'>,
): readonly PinnedDelve[] {
  return pinnedDelves.filter(({ version, needs }) => {
    const minor = Number(version.split('.')[1]);
    return builder.minor >= needs && delveFits({ minor }, builder, program);
  });
}

/** Minor of the oldest Go that can build a Delve for the program; `undefined` when no pinned Delve reads it. */
export function oldestBuilder(program: Pick<GoVersion, 'minor'>): number | undefined {
  const needed = pinnedDelves
    .filter(({ window }) => program.minor >= window.oldest && program.minor <= window.newest)
    .map(({ needs }) => (program.minor >= dwarf5Minor ? Math.max(needs, dwarf5Minor) : needs));
  return needed.length === 0 ? undefined : Math.min(...needed);
}
