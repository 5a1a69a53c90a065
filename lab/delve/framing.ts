/** A part of one JSON document; `first` and `last` tell where the document begins and ends. */
export interface Piece {
  readonly bytes: Buffer;
  readonly first: boolean;
  readonly last: boolean;
}

const quote = 0x22;
const backslash = 0x5c;
const open = 0x7b;
const close = 0x7d;

/**
 * Cuts a stream of concatenated JSON objects into documents. Each byte is looked at once and none is copied,
 * so a document of any size costs linear time and no memory here. Only strings and braces matter: the
 * structural bytes are ASCII, and no byte of a multi-byte UTF-8 character is.
 *
 * Throws when something other than white space stands between two objects.
 */
export function jsonFramer(): (chunk: Buffer) => Piece[] {
  let depth = 0;
  let inString = false;
  let escaped = false;

  return (chunk) => {
    const pieces: Piece[] = [];
    let start = depth === 0 ? -1 : 0;
    let first = false;
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i];
      if (inString) {
        if (escaped) escaped = false;
        else if (byte === backslash) escaped = true;
        else if (byte === quote) inString = false;
        continue;
      }
      if (byte === open) {
        if (depth === 0) {
          start = i;
          first = true;
        }
        depth += 1;
      } else if (depth === 0) {
        if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) continue;
        throw new Error(`expected a JSON object, got byte 0x${(byte ?? 0).toString(16)}`);
      } else if (byte === quote) {
        inString = true;
      } else if (byte === close) {
        depth -= 1;
        if (depth === 0) {
          pieces.push({ bytes: chunk.subarray(start, i + 1), first, last: true });
          start = -1;
          first = false;
        }
      }
    }
    if (start >= 0) pieces.push({ bytes: chunk.subarray(start), first, last: false });
    return pieces;
  };
}
