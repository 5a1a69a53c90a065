import { LabError, type LabErrorCode } from '../lab/errors.js';

/** The LabError that the work ended with; fails when it succeeded, or ended with another code. */
export async function rejectsWith(code: LabErrorCode, work: Promise<unknown>): Promise<LabError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof LabError && error.code === code) return error;
    throw error;
  }
  throw new Error(`expected an error with code ${code}, but the work succeeded`);
}
