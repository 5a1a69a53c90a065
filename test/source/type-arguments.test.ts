import { expect } from 'chai';
import { shortTypeArguments } from '../../lab/source/type-arguments.js';

describe('type arguments', () => {
  it('are known by their brackets, which lie in brackets', () => {
    const name = 'main.(*Queue[go.shape.[]main.Pair[int]]).run[go.shape.int].func1';
    expect(shortTypeArguments(name)).to.equal('main.(*Queue[...]).run[...].func1');
    expect(shortTypeArguments('main.each[...]')).to.equal('main.each[...]');
  });
});
