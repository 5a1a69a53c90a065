import type { Box, MachineStatus } from './api.js';
import type { VagrantRecord } from './machine-readable.js';
import { powerOf } from './states.js';

export function readStatus(machine: string, records: readonly VagrantRecord[]): MachineStatus | undefined {
  const state = records.findLast((each) => each.kind === 'state' && each.machine === machine);
  if (state?.kind !== 'state' || state.state === '') return undefined;
  const provider = records.findLast((each) => each.kind === 'provider' && each.machine === machine);
  return {
    machine,
    state: state.state,
    power: powerOf(state.state),
    provider: provider?.kind === 'provider' ? provider.provider : undefined,
  };
}

/** Names stand below an empty line of the machine's; where there is none, the same place holds advice. */
export function readSnapshots(records: readonly VagrantRecord[]): readonly string[] {
  const at = records.findIndex(
    (each) => each.kind === 'ui' && each.level === 'output' && each.text.trim() === '',
  );
  if (at === -1) return [];
  return records
    .slice(at)
    .flatMap((each) => (each.kind === 'ui' && each.level === 'detail' ? [each.text] : []));
}

export function readBoxes(records: readonly VagrantRecord[]): readonly Box[] {
  const boxes: { name: string; provider: string; version: string }[] = [];
  for (const record of records) {
    if (record.kind !== 'box-info') continue;
    if (record.key === 'name') boxes.push({ name: record.value, provider: '', version: '' });
    const box = boxes.at(-1);
    if (box !== undefined && record.key === 'provider') box.provider = record.value;
    if (box !== undefined && record.key === 'version') box.version = record.value;
  }
  return boxes;
}
