import { expect } from 'chai';
import { hex, isKnownAddress } from '../../../../lab/analysis/model/snapshot.js';
import { AddressBook, printedWords } from '../../../../lab/analysis/read/dump/words.js';

const values = (text: string) => printedWords(text).map((word) => word?.value);

describe('the argument words of a traceback', () => {
  it('are counted without the braces around strings, slices and structs', () => {
    expect(values('0xc000012028, {0xc00001a0f0, 0x3}, {{0x1, 0x2}, 0x7}')).to.deep.equal([
      0xc000012028, 0xc00001a0f0, 3, 1, 2, 7,
    ]);
  });

  it('are not sure where a question mark says that they may be out of date', () => {
    expect(printedWords('0xc000012028?, 0x1').map((word) => word?.sure)).to.deep.equal([false, true]);
  });

  it('end where the rest was not printed, and keep the places of those that could not be', () => {
    expect(values('0x1, _, {}, 0x2, ...')).to.deep.equal([1, undefined, undefined, 2]);
    expect(values('0x1, {0x2, ...}, 0x3')).to.deep.equal([1, 2]);
  });

  it('are none of an inlined call', () => {
    expect(values('...')).to.deep.equal([]);
    expect(values('')).to.deep.equal([]);
  });

  it('lead to an address, or to one that only the way tells apart', () => {
    const book = new AddressBook();
    expect(book.follow(0x1000, { steps: [16] })).to.equal(0x1010);
    const behind = book.follow(0x1000, { steps: [16, -1] });
    expect(isKnownAddress(behind)).to.equal(false);
    expect(book.follow(0x1008, { steps: [8, -1] })).to.equal(behind);
    expect(book.follow(0x1000, { steps: [24, -1] })).not.to.equal(behind);
    expect(hex(behind)).to.equal('?1');
    expect(hex(behind + 8)).to.equal('?1+8');
  });
});
