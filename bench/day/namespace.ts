import { execa } from 'execa';

const mark = 'LAB_BENCH_DAY_INSIDE';

export function isInside(): boolean {
  return process.env[mark] === '1';
}

/** Does this bench alone in a network of its own, where connections can be cut that nobody else has. */
export async function runInside(options: readonly string[], signal: AbortSignal): Promise<number> {
  const script = 'ip link set lo up && exec "$@"';
  const argv = [process.execPath, ...process.execArgv, process.argv[1] ?? '', 'day', ...options];
  const result = await execa('unshare', ['--net', '--', 'sh', '-c', script, 'sh', ...argv], {
    ...{ stdio: 'inherit', reject: false, cancelSignal: signal, cleanup: false },
    ...{ killSignal: 'SIGINT', forceKillAfterDelay: false },
    env: { [mark]: '1' },
  });
  return result.exitCode ?? 70;
}
