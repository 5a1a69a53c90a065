import type { CellResult } from '../../lab/regress/results.js';

/** A confirmed cell, with what differs. */
export function cell(changes: Partial<CellResult> = {}): CellResult {
  const base: CellResult = {
    id: '',
    scenario: 'shop',
    variant: 'faulty',
    go: '1.26.8',
    delve: '1.27.2',
    verdict: 'confirmed',
    summary: 'Goroutine 7 waits for itself.',
    reasons: [],
    hang: { kind: 'hung', why: 'no answer for 3 s' },
    diagnosis: { verdict: 'deadlock', summary: 'Goroutine 7 waits for itself.' },
    expected: 'resource/double-lock in main.lock, with main.mu',
    found: 'resource/double-lock by double-lock (proved) in main.lock, with main.mu',
    differences: [],
    ms: { total: 4_321, stages: { load: 1_000 } },
    peakRssBytes: 200 << 20,
    folder: '/runs/shop',
    ...changes,
  };
  return { ...base, id: `${base.scenario}-${base.variant}-go${base.go}-dlv${base.delve}` };
}
