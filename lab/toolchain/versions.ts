/** A Go release as far as the toolchain rules need it; the major is always 1. */
export interface GoVersion {
  /** As Go writes it, for example `go1.26.8` or `go1.26rc1`. */
  readonly text: string;
  readonly minor: number;
  /** 0 for a first release, a beta or a release candidate. */
  readonly patch: number;
}

export interface DelveVersion {
  /** As Delve writes it, for example `1.20.2`. */
  readonly text: string;
  readonly minor: number;
  readonly patch: number;
}

/** Go of a minor below this one is too old to build the lab's programs. */
export const oldestGoMinor = 19;

/**
 * The Go version in `go version`'s output, in the version string inside a binary, or in a plain number.
 * Development versions count as the release that they lead to; `undefined` when none is named.
 */
export function parseGoVersion(text: string): GoVersion | undefined {
  const match = /(?:^|\bgo)1\.(\d+)(?:\.(\d+))?((?:beta|rc)\d+)?/.exec(text);
  if (match?.[1] === undefined) return undefined;
  const [, minor, patch = '', prerelease = ''] = match;
  return {
    text: `go1.${minor}${patch === '' ? '' : `.${patch}`}${prerelease}`,
    minor: Number(minor),
    patch: patch === '' ? 0 : Number(patch),
  };
}

/** The version in `dlv version`'s output. */
export function parseDelveVersion(output: string): DelveVersion | undefined {
  const match = /^Version:\s*(1\.(\d+)(?:\.(\d+))?\S*)/m.exec(output);
  if (match?.[1] === undefined) return undefined;
  return { text: match[1], minor: Number(match[2]), patch: Number(match[3] ?? 0) };
}

/** The Go that built a Delve, from `dlv version -v`; `undefined` when it does not say. */
export function parseDelveBuilder(output: string): GoVersion | undefined {
  const match = /^Build Details:\s*(.*)$/m.exec(output);
  return match?.[1] === undefined ? undefined : parseGoVersion(match[1]);
}

/**
 * The upstream minor of a Debian version such as `2:1.19~1` or `1.20.2-1+deb12u1`: without epoch and
 * revision (deb-version(7)).
 */
export function parsePackageMinor(version: string): number | undefined {
  const match = /^(?:\d+:)?1\.(\d+)/.exec(version);
  return match?.[1] === undefined ? undefined : Number(match[1]);
}

/** The first dotted number of a tool's `--version` output, for showing. */
export function parseAnyVersion(output: string): string | undefined {
  // Distributions put their own version in parentheses: `GNU gdb (Debian 13.1-3) 13.1`.
  const plain = output.replaceAll(/\([^)]*\)/g, '');
  return /\d+(?:\.\d+)+[\w.-]*/.exec(plain)?.[0];
}

export function newerGo(a: GoVersion, b: GoVersion): number {
  return b.minor - a.minor || b.patch - a.patch;
}
