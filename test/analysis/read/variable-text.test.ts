import { expect } from 'chai';
import { variableText } from '../../../lab/analysis/read/variable-text.js';
import type { Variable } from '../../../lab/delve/wire.js';

const plain: Omit<Variable, 'type' | 'value'> = {
  ...{ name: 'd', addr: 1, onlyAddr: false, realType: 'int64', flags: 0, kind: 6, len: 0, cap: 0 },
  ...{ children: [], base: 0, unreadable: '', DeclLine: 1 },
};
const text = (value: string, type = 'time.Duration') => variableText({ ...plain, type, value });

describe('the text of a variable', () => {
  it('has a duration as Delve has it, and as Go prints it', () => {
    expect(text('1004410386')).to.equal('1004410386 (1.004410386s)');
    expect(text('1500000')).to.equal('1500000 (1.5ms)');
    expect(text('2500')).to.equal('2500 (2.5µs)');
    expect(text('90000000000')).to.equal('90000000000 (1m30s)');
    expect(text('-3600000000000')).to.equal('-3600000000000 (-1h0m0s)');
    expect(text('0')).to.equal('0');
    expect(text('Second (1000000000)')).to.equal('Second (1000000000)');
    expect(text('1004410386', 'int64')).to.equal('1004410386');
  });
});
