import { expect } from 'chai';
import { missingSources, notWanted } from '../../lab/analysis/process-facts.js';
import { type Sources, withoutSources } from '../../lab/source/sources.js';

describe('the limits that the sources set', () => {
  const of = (more: Partial<Sources>) =>
    missingSources({ ...withoutSources('', [], () => false), absent: undefined, ...more });

  it('are none where all of them were read, or none was wanted', () => {
    expect(of({})).to.deep.equal([]);
    expect(of({ absent: notWanted })).to.deep.equal([]);
  });

  it('are told of files that are missing, and of a helper that does not know all of the language', () => {
    const caution = 'The sources were read by go1.22.1.';
    expect(of({ caution })).to.deep.equal([caution]);
    expect(of({ caution, missing: ['/a.go', '/b.go'] })).to.deep.equal([
      caution,
      '2 source files were not found, /a.go among them: pass --source-map or --go-root.',
    ]);
    expect(of({ absent: 'the sources were not read' })).to.deep.equal(['The sources were not read.']);
  });
});
