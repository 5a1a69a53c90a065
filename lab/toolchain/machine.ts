/** Parsers of what the kernel and coreutils tell about a machine: proc(5), df(1). */

export interface OpenFileLimit {
  readonly soft: number;
  readonly hard: number;
}

/** The `Max open files` line of `/proc/PID/limits`. */
export function parseOpenFileLimit(limits: string): OpenFileLimit | undefined {
  return parseLimit(limits, 'Max open files');
}

/** The `Max core file size` line of `/proc/PID/limits`, in bytes. */
export function parseCoreLimit(limits: string): OpenFileLimit | undefined {
  return parseLimit(limits, 'Max core file size');
}

function parseLimit(limits: string, name: string): OpenFileLimit | undefined {
  const line = limits.split('\n').find((text) => text.startsWith(name));
  const [soft, hard] = line?.slice(name.length).trim().split(/\s+/) ?? [];
  if (soft === undefined || hard === undefined) return undefined;
  const number = (text: string): number => (text === 'unlimited' ? Number.POSITIVE_INFINITY : Number(text));
  return { soft: number(soft), hard: number(hard) };
}

/** The local ports that `/proc/net/tcp` or `/proc/net/tcp6` shows as listening. */
export function parseListeningPorts(table: string): ReadonlySet<number> {
  const ports = new Set<number>();
  for (const line of table.split('\n').slice(1)) {
    const [, local, , state] = line.trim().split(/\s+/);
    const port = local?.split(':')[1];
    if (state === '0A' && port !== undefined) ports.add(Number.parseInt(port, 16));
  }
  return ports;
}

/** Bytes that `df -Pk FOLDER` calls available. */
export function parseAvailableBytes(df: string): number | undefined {
  const available = Number(df.trim().split('\n').at(-1)?.split(/\s+/)[3]);
  return Number.isFinite(available) ? available * 1024 : undefined;
}

/** Bytes of `MemAvailable` in `/proc/meminfo`. */
export function parseAvailableMemory(meminfo: string): number | undefined {
  const match = /^MemAvailable:\s+(\d+) kB$/m.exec(meminfo);
  return match?.[1] === undefined ? undefined : Number(match[1]) * 1024;
}

const capSysPtrace = 19n;

/** Whether the effective capabilities in `/proc/PID/status` hold `CAP_SYS_PTRACE` (capabilities(7)). */
export function hasPtraceCapability(status: string): boolean {
  const mask = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  return mask !== undefined && ((BigInt(`0x${mask}`) >> capSysPtrace) & 1n) === 1n;
}
