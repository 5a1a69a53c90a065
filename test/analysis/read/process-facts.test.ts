import { expect } from 'chai';
import { missingSources, notWanted } from '../../../lab/analysis/read/process-facts.js';
import { type Sources, withoutSources } from '../../../lab/source/sources.js';

describe('the limits that the sources set', () => {
  const of = (more: Partial<Sources>, mainModule?: string) =>
    missingSources({ ...withoutSources('', [], () => false), absent: undefined, ...more }, mainModule);

  it('are none where all of them were read, or none was wanted', () => {
    expect(of({})).to.deep.equal([]);
    expect(of({ absent: notWanted })).to.deep.equal([]);
  });

  it('are told of files that are missing, and of a helper that does not know all of the language', () => {
    const caution = 'The sources were read by go1.22.1.';
    expect(of({ caution })).to.deep.equal([caution]);
    expect(of({ caution, missing: ['/build/a.go', '/build/b.go'] })).to.deep.equal([
      caution,
      '2 source files were not found, /build/a.go among them. Run this again with --source-map /build=DIR, where DIR has that file.',
    ]);
    expect(of({ missing: ['example.com/app/a.go'] }, 'example.com/app').join()).to.contain(
      '--source-map example.com/app=DIR, where DIR has the go.mod of example.com/app',
    );
    expect(of({ missing: ['/usr/lib/go/src/runtime/proc.go'] }).join()).to.contain('--go-root DIR');
    expect(of({ absent: 'the sources were not read' })).to.deep.equal(['The sources were not read.']);
  });
});
