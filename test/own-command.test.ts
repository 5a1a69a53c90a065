import { expect } from 'chai';
import { inOwnWords, ownCommand } from '../lab/own-command.js';

describe('how the lab is typed', () => {
  it('is npx lab in a checkout, whatever it was started by', () => {
    expect(ownCommand('/usr/bin/go-deadlock-lab')).to.equal('npx lab');
    expect(inOwnWords('do: npx lab doctor')).to.equal('do: npx lab doctor');
  });

  it('is the name of an installed package in every command of a text', () => {
    const said = (text: string) => inOwnWords(text, 'go-deadlock-lab');
    expect(said('try npx lab analyze; or npm run lab -- provision')).to.equal(
      'try go-deadlock-lab analyze; or go-deadlock-lab provision',
    );
    expect(said('`npx lab`')).to.equal('`go-deadlock-lab`');
    expect(said('npx labour')).to.equal('npx labour');
  });
});
