import type { GoVersion } from './versions.js';

/** A release of golang.org/x/tools that the helper is built with, and all that it needs. */
export interface PinnedTools {
  readonly version: string;
  /** Minor of the oldest Go that builds it: the `go` line of its `go.mod`. */
  readonly needs: number;
  /** Versions of the modules that it needs itself. */
  readonly requires: Readonly<Record<string, string>>;
  /** The lines of `go.sum`: the go command takes nothing that differs from them. */
  readonly sums: readonly string[];
}

/**
 * Newest first. Each serves the releases of Go that it was made for: a newer x/tools does not build with an older
 * Go, and an older one does not know what a newer Go's go/types tells it.
 */
export const pinnedTools: readonly PinnedTools[] = [
  {
    version: '0.52.0',
    needs: 26,
    requires: { 'golang.org/x/mod': '0.42.0', 'golang.org/x/sync': '0.24.0' },
    sums: [
      'golang.org/x/mod v0.42.0 h1:ICeL3t2L30ljSPHHxDnR4fqVcBt/zR2zJAb9juavmQg=',
      'golang.org/x/mod v0.42.0/go.mod h1:u5fzIrRInkL8MaO1cbRkUHT64v303YIT5KEqpNr7jRs=',
      'golang.org/x/sync v0.24.0 h1:iqiDrGoDgyuvAKrhLQthUEzU/R378N78gXbBjxed7oA=',
      'golang.org/x/sync v0.24.0/go.mod h1:sUUOizhqBxiL6pEWpqNLUiaJn1ShEbZ6BBqskPbjZm0=',
      'golang.org/x/tools v0.52.0 h1:ryxg4U63oaUYk7uOLTF37n43f4qgtGvqV4Ioit1BaEs=',
      'golang.org/x/tools v0.52.0/go.mod h1:ItcP5UNaVGG+Yc4eIYmaFLNJ4soEopkx5Y2d4lcEurs=',
    ],
  },
  {
    version: '0.42.0',
    needs: 24,
    requires: { 'golang.org/x/mod': '0.33.0', 'golang.org/x/sync': '0.19.0' },
    sums: [
      'golang.org/x/mod v0.33.0 h1:tHFzIWbBifEmbwtGz65eaWyGiGZatSrT9prnU8DbVL8=',
      'golang.org/x/mod v0.33.0/go.mod h1:swjeQEj+6r7fODbD2cqrnje9PnziFuw4bmLbBZFrQ5w=',
      'golang.org/x/sync v0.19.0 h1:vV+1eWNmZ5geRlYjzm2adRgW2/mcpevXNg50YZtPCE4=',
      'golang.org/x/sync v0.19.0/go.mod h1:9KTHXmSnoGruLpwFjVSX0lNNA75CykiMECbovNTZqGI=',
      'golang.org/x/tools v0.42.0 h1:uNgphsn75Tdz5Ji2q36v/nsFSfR/9BRFvqhGBaJGd5k=',
      'golang.org/x/tools v0.42.0/go.mod h1:Ma6lCIwGZvHK6XtgbswSoWroEkhugApmsXyrUmBhfr0=',
    ],
  },
  {
    version: '0.24.1',
    needs: 19,
    requires: { 'golang.org/x/mod': '0.20.0', 'golang.org/x/sync': '0.8.0' },
    sums: [
      'golang.org/x/mod v0.20.0 h1:utOm6MM3R3dnawAiJgn0y+xvuYRsm1RKM/4giyfDgV0=',
      'golang.org/x/mod v0.20.0/go.mod h1:hTbmBsO62+eylJbnUtE2MGJUyE7QWk4xUqPFrRgJ+7c=',
      'golang.org/x/sync v0.8.0 h1:3NFvSEYkUoMifnESzZl15y791HH1qU2xm6eCJU5ZPXQ=',
      'golang.org/x/sync v0.8.0/go.mod h1:Czt+wKu1gCyEFDUtn0jG5QVvpJ6rzVqr5aXyt9drQfk=',
      'golang.org/x/tools v0.24.1 h1:vxuHLTNS3Np5zrYoPRpcheASHX/7KiGo+8Y4ZM1J2O8=',
      'golang.org/x/tools v0.24.1/go.mod h1:YhNqVBIfWHdzvTLs0d8LCuMhkKUgSUKldakyV7W/WDQ=',
    ],
  },
];

/** Minor of the Go that the newest x/tools was made for. */
export const newestNeeds = Math.max(...pinnedTools.map(({ needs }) => needs));

/** The x/tools for a Go that is to build the helper; `undefined` when it is too old for any. */
export function chooseTools(builder: Pick<GoVersion, 'minor'>): PinnedTools | undefined {
  return pinnedTools.find(({ needs }) => builder.minor >= needs);
}

const moduleName = 'go-deadlock-lab/facts';
/** From this Go on a `go` line names a whole release, and one that is newer than the Go that reads it is refused. */
const strictMinor = 21;

/** The `go.mod` and `go.sum` of the helper, as that Go builds it. */
export function moduleFiles(
  builder: GoVersion,
  tools: PinnedTools,
): { readonly mod: string; readonly sum: string } {
  const modules = Object.entries({ 'golang.org/x/tools': tools.version, ...tools.requires });
  return {
    mod: [
      `module ${moduleName}`,
      '',
      `go ${languageOf(builder)}`,
      '',
      'require (',
      ...modules.map(([name, version]) => `\t${name} v${version}`),
      ')',
      '',
    ].join('\n'),
    sum: `${tools.sums.join('\n')}\n`,
  };
}

/** The builder's own language: what the helper means must not depend on which x/tools was chosen. */
function languageOf({ text, minor }: GoVersion): string {
  if (minor < strictMinor) return `1.${minor}`;
  const release = text.slice('go'.length);
  return /beta|rc/.test(release) ? release : `1.${minor}.0`;
}
