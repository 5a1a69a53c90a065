/** How certain findings may be, by what their input tells. What the input proves by itself stays proved. */
export type Trust =
  /** Frames could be asked for their variables: what a rule calls `strong` is. */
  | { readonly atMost: 'strong' }
  /** No frame could be asked: what is not proved is suspected. */
  | {
      readonly atMost: 'suspected';
      readonly lack?: Lack;
      /** Nothing tells who else can reach an object: that somebody may still bring work earns no verdict `none`. */
      readonly withoutMemory?: true;
      /** Goroutines are missing: a part of a sentence. */
      readonly incomplete?: string;
    };

/** Something is missing that ought to be there: no verdict is `none`, and findings and summary say so. */
export interface Lack {
  /** A part of a sentence: `the executable is stripped`. */
  readonly why: string;
  /** A sentence: what to do for more. */
  readonly remedy: string;
  /** A sentence for findings that are lowered to `suspected`. */
  readonly doubt: string;
  /** A sentence for those that are proved, whose story rests on more than the proof. */
  readonly doubtOfStory: string;
}

/** Absent where everything was there. */
export const lackOf = (trust: Trust): Lack | undefined =>
  trust.atMost === 'suspected' ? trust.lack : undefined;
