import { expect } from 'chai';
import { allPrintable, printable, printableJson, safeText } from '../lab/printable.js';

const evil = 'a\x1b[31mb\x07\x9bc\u202ed\r\x00\x7fe';
const shown = 'a\\x1b[31mb\\x07\\x9bc\\u202ed\\x0d\\x00\\x7fe';

describe('a text that came out of a core, a kit or a run', () => {
  it('shows control characters instead of sending them, and keeps lines, tabs and every script', () => {
    expect(printable(evil)).to.equal(shown);
    expect(printable('one\n\ttwo ä 📦 日本 עברית')).to.equal('one\n\ttwo ä 📦 日本 עברית');
  });

  it('does so throughout plain data, in names too', () => {
    const data = { [evil]: [evil, { deep: evil, n: 1, no: null }], yes: true };
    expect(allPrintable(data)).to.deep.equal({
      [shown]: [shown, { deep: shown, n: 1, no: null }],
      yes: true,
    });
  });

  it('is the same in JSON, and harmless', () => {
    const text = printableJson({ evil });
    expect(text).to.match(/^[\n\x20-\x7e]*$/);
    expect(JSON.parse(text)).to.deep.equal({ evil });
  });

  it('keeps the colours and links of the lab on a terminal, and nothing else', () => {
    const link = '\x1b]8;;file:///a\x1b\\a\x1b]8;;\x1b\\';
    expect(safeText(`\x1b[1mbold\x1b[22m ${link}\x1b]0;title\x07\x1b[2J`, true)).to.equal(
      `\x1b[1mbold\x1b[22m ${link}\\x1b]0;title\\x07\\x1b[2J`,
    );
    expect(safeText('\x1b[1mbold', false)).to.equal('\\x1b[1mbold');
  });
});
