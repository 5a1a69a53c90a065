import { access, constants } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Emit } from '../events.js';
import type { Target } from '../targets/target.js';
import { installInto } from './cache.js';
import { type GoTool, goEnvironment } from './go.js';

export interface BuildDelveOptions {
  readonly target: Target;
  readonly cache: string;
  readonly emit?: Emit | undefined;
  /** Receives the full output of what is run to install. */
  readonly log?: ((text: string) => void) | undefined;
}

const buildTimeoutMs = 15 * 60_000;

/** Builds a release of Delve into the cache; returns what the compiler said when it failed. */
export async function buildDelve(
  go: GoTool,
  version: string,
  { target, cache, emit, log }: BuildDelveOptions,
  signal: AbortSignal,
): Promise<string | undefined> {
  emit?.({ type: 'note', text: `building Delve ${version} with ${go.release.text}` });
  const argv = [go.path, 'install', `github.com/go-delve/delve/cmd/dlv@v${version}`];
  let failure: string | undefined;
  const fill = async (folder: string): Promise<void> => {
    // Without cgo, so that a machine without a C compiler builds the same Delve.
    const env = { ...goEnvironment, GOBIN: join(folder, 'bin'), CGO_ENABLED: '0' };
    const result = await target.exec(argv, { signal, env, cwd: tmpdir(), timeoutMs: buildTimeoutMs });
    log?.(`$ GOBIN=${env.GOBIN} ${argv.join(' ')}\n${result.stdout}${result.stderr}`);
    if (result.exitCode === 0) return;
    failure = result.timedOut ? 'timed out' : result.stderr.slice(-2_000);
    throw new BuildFailed();
  };
  try {
    await installInto(cache, `delve-${version}-${go.release.text}`, fill, hasDelve);
    return undefined;
  } catch (error) {
    if (error instanceof BuildFailed) return failure ?? '';
    throw error;
  }
}

class BuildFailed extends Error {}

async function hasDelve(folder: string): Promise<boolean> {
  return await access(join(folder, 'bin', 'dlv'), constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** Whether trying another version is pointless; the words are those of Go's net package and module proxy. */
export function isNetworkFailure(text: string): boolean {
  return /dial tcp|no such host|i\/o timeout|connection refused|TLS handshake|proxyconnect|GOPROXY=off|timed out|unreachable/.test(
    text,
  );
}
