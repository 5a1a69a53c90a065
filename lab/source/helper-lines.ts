const newline = 0x0a;

/**
 * Cuts a stream into lines, without their newlines. Each byte is looked at once and copied at most once, so that a
 * line of any size costs linear time. A line of more than `maxBytes` is told to `onTooLong`, and nothing after it is
 * read.
 */
export function lineSplitter(
  onLine: (line: Buffer) => void,
  maxBytes: number,
  onTooLong: () => void,
): (chunk: Buffer) => void {
  let parts: Buffer[] = [];
  let size = 0;
  let broken = false;
  return (chunk) => {
    let start = 0;
    while (!broken) {
      const at = chunk.indexOf(newline, start);
      const piece = chunk.subarray(start, at < 0 ? chunk.length : at);
      size += piece.length;
      if (size > maxBytes) {
        broken = true;
        parts = [];
        onTooLong();
        return;
      }
      if (at < 0) {
        if (piece.length > 0) parts.push(piece);
        return;
      }
      const line = parts.length === 0 ? piece : Buffer.concat([...parts, piece]);
      parts = [];
      size = 0;
      start = at + 1;
      onLine(line);
    }
  };
}
