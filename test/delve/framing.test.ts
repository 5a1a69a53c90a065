import { expect } from 'chai';
import { jsonFramer } from '../../lab/delve/framing.js';

function documents(chunks: readonly Buffer[]): string[] {
  const split = jsonFramer();
  const found: string[] = [];
  let parts: Buffer[] = [];
  for (const chunk of chunks) {
    for (const { bytes, first, last } of split(chunk)) {
      if (first) parts = [];
      parts.push(bytes);
      if (last) found.push(Buffer.concat(parts).toString('utf8'));
    }
  }
  return found;
}

describe('the framer of JSON documents', () => {
  const texts = ['{"a":"} \\" { \\\\","ü":"📦","n":{"m":[{}]}}', '{}', '{"id":2,"result":null}'];
  const stream = Buffer.from(`${texts[0]}${texts[1]}\n ${texts[2]}\n`);

  it('finds several objects in one chunk, with and without space between them', () => {
    expect(documents([stream])).to.deep.equal(texts);
  });

  it('finds the same objects wherever the stream is cut, within a character too', () => {
    for (let at = 0; at <= stream.length; at++) {
      expect(documents([stream.subarray(0, at), stream.subarray(at)]), `cut at ${at}`).to.deep.equal(texts);
    }
    expect(documents([...stream].map((byte) => Buffer.from([byte])))).to.deep.equal(texts);
  });

  it('refuses what is no object', () => {
    expect(() => documents([Buffer.from('{} HTTP/1.1')])).to.throw('expected a JSON object, got byte 0x48');
  });
});
