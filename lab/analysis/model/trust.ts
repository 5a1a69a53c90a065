/** How certain findings may be, by what their input tells. */
export type Trust =
  /** Frames could be asked for their variables: what a rule calls `strong` is, and `none` can be said. */
  | { readonly atMost: 'strong' }
  /**
   * No frame could be asked. What the input proves by itself stays proved; all else is suspected, and no verdict
   * is `none`.
   */
  | {
      readonly atMost: 'suspected';
      /** Why, as a part of a sentence: `the executable is stripped`. */
      readonly why: string;
      /** A sentence: what to do for more. */
      readonly remedy: string;
      /** A sentence for findings that are lowered to `suspected`. */
      readonly doubt: string;
      /** A sentence for those that are proved, whose story rests on more than the proof. */
      readonly doubtOfStory: string;
    };
