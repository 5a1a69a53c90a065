import { z } from 'zod';

/**
 * A number as people type it, in digits: `0x10`, `1e3`, blanks and nothing at all are none, though JavaScript would make
 * numbers of them. Numbers that were saved as such pass.
 */
export function decimal<S extends z.ZodType>(schema: S): z.ZodPreprocess<S> {
  return z.preprocess((value) => (typeof value === 'string' ? numberOf(value) : value), schema);
}

function numberOf(text: string): number | string {
  return /^[+-]?\d+(?:\.\d+)?$/.test(text) ? Number(text) : text;
}
