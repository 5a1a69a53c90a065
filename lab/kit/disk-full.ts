import { LabError, messageOf } from '../errors.js';
import { fileRefusal } from '../file-refusal.js';

/** Awaits work that writes into a folder; that its disk is full, or that nobody may write there, is said in words. */
export async function diskFull<T>(work: Promise<T>, folder: string): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    const refusal = fileRefusal(cause);
    if (refusal === 'full') {
      throw new LabError(`the disk of ${folder} is full`, {
        code: 'no-space',
        hint: 'free some space, or choose a folder on another disk with -o',
        cause,
      });
    }
    if (refusal === 'forbidden') {
      throw new LabError(`nothing can be written to ${folder}: ${messageOf(cause)}`, {
        code: 'missing-permission',
        hint: 'choose a folder that you may write to with -o',
        cause,
      });
    }
    throw cause;
  }
}
