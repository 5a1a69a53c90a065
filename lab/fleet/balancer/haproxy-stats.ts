import type { HealthCheck } from '../options.js';
import type { BackendView } from './balancer.js';
import { serving, watching } from './haproxy-config.js';

/** Reads the answer to `show stat`: a line of names after `# `, then a line for each frontend, server and backend. */
export function readStats(text: string, healthCheck: HealthCheck): readonly BackendView[] {
  const [head = '', ...lines] = text.trim().split('\n');
  const names = head.replace(/^# /, '').split(',');
  const rows = lines
    .filter((line) => line !== '')
    .map((line) => new Map(line.split(',').map((value, i) => [names[i] ?? '', value] as const)));
  const of = (proxy: string) =>
    rows.filter(
      (row) =>
        row.get('pxname') === proxy && !['FRONTEND', 'BACKEND'].includes(row.get('svname') ?? 'BACKEND'),
    );
  const watched = new Map(of(watching).map((row) => [row.get('svname'), row]));
  return of(serving).map((row): BackendView => {
    const count = (field: string): number => Number(row.get(field) ?? 0) || 0;
    const name = row.get('svname') ?? '';
    const own = checkOf(row);
    const asked = checkOf(watched.get(name));
    return {
      name,
      service: serviceOf(row.get('status') ?? ''),
      checks: healthCheck === 'http' ? { http: own, tcp: asked } : { tcp: own, http: asked },
      sessions: count('scur'),
      bytesOut: count('bout'),
      connectErrors: count('econ'),
      responseErrors: count('eresp'),
      retries: count('wretr') + count('wredis'),
    };
  });
}

/** `UP 1/2` is about to fall and still gets requests; so does nothing that is drained. */
function serviceOf(status: string): BackendView['service'] {
  if (/^(DRAIN|MAINT)/.test(status)) return 'drained';
  return /^(UP|no check)/.test(status) ? 'up' : 'down';
}

/** The last check's word, `L7TOUT` for example; a star before it says that the next one is under way. */
function checkOf(row: ReadonlyMap<string, string> | undefined): { up: boolean; said: string } {
  const said = (row?.get('check_status') ?? '').replace(/^\* /, '');
  const status = row?.get('status') ?? '';
  // Of a drained server the state says nothing of its checks.
  const up = /^(DRAIN|MAINT)/.test(status) ? /^L\dOK/.test(said) : /^UP/.test(status);
  return { up, said };
}
