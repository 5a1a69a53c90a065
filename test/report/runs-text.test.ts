import { expect } from 'chai';
import { runsText } from '../../lab/report/runs-text.js';

describe('the list of stored runs', () => {
  it('says each conclusion in words, and how far an unfinished run came', () => {
    const row = (state: string) => ({ dir: `/runs/${state}-run`, state, summary: 'so' });
    const rows = ['confirmed', 'refuted', 'unknown', 'load running'].map(row);
    for (const width of [40, 100]) {
      const text = runsText(rows, width);
      for (const word of ['as expected', 'different', 'inconclusive', 'load running']) {
        expect(text).to.include(word);
      }
      expect(text).to.not.match(/(?:refuted|confirmed|unknown)(?!-run)/);
    }
  });
});
