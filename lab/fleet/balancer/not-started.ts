import { LabError } from '../../errors.js';
import type { Target } from '../../targets/target.js';

export interface NotStarted {
  /** As people call it. */
  readonly name: string;
  readonly target: Target;
  readonly port: number;
  readonly logFile: string;
}

/** Why a balancer ended before it was ready, by what it said: `port-taken`, or `target` with the end of its log. */
export async function didNotStart(
  { name, target, port, logFile }: NotStarted,
  signal: AbortSignal,
): Promise<LabError> {
  const log = ((await target.readFile(logFile, signal)) ?? '').trim();
  if (/address already in use/i.test(log)) {
    return new LabError(`port ${port} of the loopback interface is taken`, {
      code: 'port-taken',
      hint: `see who has it: ss -ltnp 'sport = :${port}'; or choose a free one: npx lab run fleet --port 0`,
    });
  }
  return new LabError(`${name} ended before it was ready:\n${log.split('\n').slice(-5).join('\n')}`, {
    code: 'target',
    hint: `read its log: ${logFile}`,
  });
}
