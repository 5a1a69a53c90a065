/** Of one line; a whole dump may stand in one as a string of JSON. */
const maxLine = 128e6;

/**
 * Lines of a stream of bytes, as Latin-1 characters: a character is a byte, whatever the encoding, and no chunk's end can
 * tear one. Lines that end in CRLF are lines too.
 */
export class LineSplitter {
  readonly #line: (line: string) => void;
  readonly #tooLong: () => void;
  #rest: string[] = [];
  #restLength = 0;
  #skipping = false;

  /** `tooLong` is told of a line of which only the beginning is given. */
  constructor(line: (line: string) => void, tooLong: () => void) {
    this.#line = line;
    this.#tooLong = tooLong;
  }

  push(chunk: Uint8Array): void {
    const text = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString('latin1');
    let from = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      if (this.#skipping) this.#skipping = false;
      else if (this.#restLength > 0) this.#line(trimmed(this.#takeRest() + text.slice(from, end)));
      else this.#line(trimmed(text.slice(from, end)));
      from = end + 1;
    }
    if (from < text.length && !this.#skipping) this.#keep(from === 0 ? text : text.slice(from));
  }

  #keep(text: string): void {
    this.#rest.push(text);
    this.#restLength += text.length;
    if (this.#restLength < maxLine) return;
    this.#skipping = true;
    this.#tooLong();
    this.#line(this.#takeRest());
  }

  #takeRest(): string {
    const rest = this.#rest.join('');
    this.#rest = [];
    this.#restLength = 0;
    return rest;
  }

  /** What stands behind the last line's end. */
  rest(): string {
    return this.#takeRest();
  }
}

const carriageReturn = 13;

function trimmed(line: string): string {
  let end = line.length;
  while (end > 0 && line.charCodeAt(end - 1) === carriageReturn) end--;
  return end === line.length ? line : line.slice(0, end);
}
