import { expect } from 'chai';
import {
  chooseDelve,
  delveFits,
  oldestBuilder,
  pinnedDelves,
  windowOf,
} from '../../lab/toolchain/delve-choice.js';

const first = (program: number, builder: number): string | undefined =>
  chooseDelve({ minor: program }, { minor: builder })[0]?.version;

describe('the choice of a Delve', () => {
  it('takes, for each Go that builds and runs the program, the newest Delve of both', () => {
    const chosen = Array.from({ length: 9 }, (_, index) => [19 + index, first(19 + index, 19 + index)]);
    expect(Object.fromEntries(chosen)).to.deep.equal({
      19: '1.21.2',
      20: '1.21.2',
      21: '1.24.2',
      22: '1.25.2',
      23: '1.25.2',
      24: '1.26.2',
      25: '1.27.2',
      26: '1.27.2',
      27: '1.27.2',
    });
  });

  it('reads an old program with a Delve that a new Go builds', () => {
    expect(first(19, 26)).to.equal('1.22.1');
    expect(first(18, 26)).to.equal('1.20.2');
    expect(first(23, 26)).to.equal('1.25.2');
  });

  it('has none for a program that the Go at hand is too old for', () => {
    expect(first(23, 19)).to.equal(undefined);
    expect(first(28, 27)).to.equal(undefined);
    expect(oldestBuilder({ minor: 23 })).to.equal(21);
    expect(oldestBuilder({ minor: 28 })).to.equal(undefined);
  });

  it('wants a Delve built with Go 1.25 or newer for programs with DWARF 5', () => {
    expect(first(25, 24)).to.equal(undefined);
    expect(oldestBuilder({ minor: 25 })).to.equal(25);
    expect(delveFits({ minor: 26 }, { minor: 24 }, { minor: 25 })).to.equal(false);
    expect(delveFits({ minor: 26 }, { minor: 25 }, { minor: 25 })).to.equal(true);
    expect(delveFits({ minor: 26 }, undefined, { minor: 25 })).to.equal(false);
    expect(delveFits({ minor: 26 }, undefined, { minor: 24 })).to.equal(true);
  });

  it('supposes the narrowest window for a Delve newer than the table, and works with none older', () => {
    expect(windowOf({ minor: 30 })).to.deep.equal({ oldest: 28, newest: 30 });
    expect(windowOf({ minor: 19 })).to.equal(undefined);
    expect(delveFits({ minor: 20 }, { minor: 19 }, { minor: 19 })).to.equal(true);
    expect(delveFits({ minor: 20 }, { minor: 19 }, { minor: 26 })).to.equal(false);
  });

  it('lists the newest first, which the choice relies on', () => {
    const minors = pinnedDelves.map(({ version }) => Number(version.split('.')[1]));
    expect(minors).to.deep.equal(minors.toSorted((a, b) => b - a));
  });
});
