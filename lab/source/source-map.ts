/** Where sources lie: prefixes of recorded paths and what stands for them here; `undefined` reads none. */
export type SourceMap = readonly { readonly from: string; readonly to: string }[] | undefined;
