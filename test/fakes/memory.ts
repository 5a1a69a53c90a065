import type { BulkMemory } from '../../lab/core/memory.js';

/** Memory of one piece that begins at `base`. */
export function memoryOf(data: Buffer, base: number): BulkMemory {
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const span = (address: number, length: number) => {
    const at = address - base;
    return at >= 0 && at + length <= data.length ? at : -1;
  };
  const end = base + data.length;
  return {
    view,
    span,
    held: data.length,
    heldFrom: (address) => (address >= end ? Number.POSITIVE_INFINITY : Math.max(address, base)),
    bytes: (address, length) =>
      span(address, length) < 0 ? undefined : data.subarray(address - base, address - base + length),
    u8: (address) => (span(address, 1) < 0 ? undefined : data[address - base]),
    u32: (address) => (span(address, 4) < 0 ? undefined : data.readUInt32LE(address - base)),
    u64: (address) => (span(address, 8) < 0 ? undefined : Number(data.readBigUInt64LE(address - base))),
    [Symbol.dispose]: () => undefined,
  };
}
