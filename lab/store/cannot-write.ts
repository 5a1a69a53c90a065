import { LabError, type LabErrorCode } from '../errors.js';

const remedies: readonly (readonly [
  errors: readonly string[],
  why: string,
  code: LabErrorCode,
  hint: string,
])[] = [
  [['ENOSPC', 'EDQUOT'], 'the disk is full', 'no-space', 'free some space, or choose a file on another disk'],
  [
    ['EACCES', 'EPERM', 'EROFS'],
    'that is not permitted',
    'missing-permission',
    'choose a file in a folder that you may write to',
  ],
  [
    ['ENOENT', 'ENOTDIR', 'EISDIR', 'ENAMETOOLONG', 'ELOOP', 'EINVAL', 'ENOTSUP', 'ENXIO'],
    'no such file can be made',
    'usage',
    'choose another file',
  ],
];

/**
 * Awaits work that writes a file that somebody named. When the file system refuses, throws `no-space`,
 * `missing-permission`, or `usage` for a path that cannot be; other errors as they are.
 */
export async function writing<T>(what: string, file: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw cannotWrite(what, file, cause);
  }
}

/** What {@link writing} throws for an error of the file system; any other one as it is. */
export function cannotWrite(what: string, file: string, cause: unknown): unknown {
  const error = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const remedy = remedies.find(([errors]) => errors.includes(error));
  if (remedy === undefined) return cause;
  const [, why, code, hint] = remedy;
  return new LabError(`${what} cannot be written to ${file}: ${why} (${error})`, { code, hint, cause });
}
