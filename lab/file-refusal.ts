/** Why a file system refuses to write, where a person can mend it; `undefined` for every other error. */
export function fileRefusal(error: unknown): 'full' | 'forbidden' | undefined {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'full';
  return ['EACCES', 'EPERM', 'EROFS'].includes(code) ? 'forbidden' : undefined;
}
