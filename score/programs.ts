import { join } from 'node:path';
import { execa } from 'execa';
import { LabError } from '../lab/errors.js';
import type { GoTool } from '../lab/toolchain/go.js';

/** Built as the distribution's test builds it, in place; `folder` is below `src/runtime/testdata`. */
export async function buildPrograms(
  {
    go,
    root,
    folder,
    to,
  }: { readonly go: GoTool; readonly root: string; readonly folder: string; readonly to: string },
  signal: AbortSignal,
): Promise<string> {
  const exe = join(to, folder.replaceAll('/', '-'));
  const env = {
    ...{ GOTOOLCHAIN: 'local', GOWORK: 'off', GOFLAGS: '', CGO_ENABLED: '0', GOROOT: root },
    // Go 1.27 has it without being asked, and knows the name no more.
    ...(go.release.minor === 26 ? { GOEXPERIMENT: 'goroutineleakprofile' } : {}),
  };
  const cwd = join(root, 'src/runtime/testdata', folder);
  const result = await execa(go.path, ['build', '-o', exe, '.'], {
    cwd,
    env,
    reject: false,
    cancelSignal: signal,
  });
  signal.throwIfAborted();
  if (result.exitCode === 0) return exe;
  throw new LabError(`the programs in ${cwd} do not build: ${result.stderr.slice(-400)}`, {
    code: 'build-failed',
    hint: 'name another Go of 1.26 or newer: npm run score -- --go-root DIR',
  });
}
