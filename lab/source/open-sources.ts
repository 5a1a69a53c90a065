/** Whose sources are opened, and with what. */
export interface OpenSources {
  readonly exe: string;
  /** Names the build: answers about it are kept. Absent where it has no name. */
  readonly buildId: string | undefined;
  /** Path of the helper. */
  readonly helper: string;
  readonly sourceMap: readonly { readonly from: string; readonly to: string }[];
  readonly goRoot?: string | undefined;
  /** Where some Go lies, to be used if it is the program's. */
  readonly otherGoRoot?: string | undefined;
  /** What limits what this helper can tell, in a sentence. */
  readonly caution?: string | undefined;
  /** Where the types of Go's library, and answers, are kept. */
  readonly cacheDir: string;
  readonly signal: AbortSignal;
  readonly onProgress?: ((text: string) => void) | undefined;
}
