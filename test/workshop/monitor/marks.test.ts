import { expect } from 'chai';
import type { Mark, ProcessSample } from '../../../lab/workshop/live.js';
import { afterProbe, afterSample, noMoments, type ProbeSeen } from '../../../lab/workshop/monitor/marks.js';
import { connectionsIn } from '../../../lab/workshop/monitor/sample.js';

const rest = { type: 'process', rssBytes: 1, threads: 5, stopped: false } as const;
const sampled = (at: number, cpu: number, open: number): ProcessSample => ({ ...rest, at, cpu, open });

function marksOf(seen: readonly (ProcessSample | ProbeSeen)[]): string[] {
  let moments = noMoments;
  const marks: Mark[] = [];
  for (const one of seen) {
    const [next, mark] = 'cpu' in one ? afterSample(moments, one) : afterProbe(moments, one);
    moments = next;
    if (mark !== undefined) marks.push(mark);
  }
  return marks.map(({ at, kind }) => `${at} ${kind}`);
}

describe('what the looks at a server mean', () => {
  it('sees a load in its connections, from the look before the first of them to the first without', () => {
    const looks = [sampled(1, 0, 1), sampled(2, 3, 1000), sampled(3, 0, 1000), sampled(4, 0, 1)];
    expect(marksOf(looks)).to.deep.equal(['1 load-begins']);
    expect(marksOf([...looks, sampled(5, 0, 0), sampled(6, 0, 0)])).to.deep.equal([
      '1 load-begins',
      '4 load-ends',
    ]);
  });

  it('sees a load of few connections in the processor time, and no end in a gap', () => {
    const looks = [sampled(1, 90, 4), sampled(2, 5, 4), sampled(3, 80, 4), sampled(4, 30, 4)];
    expect(marksOf(looks)).to.deep.equal(['1 load-begins']);
  });

  it('calls no browser and no lone request a load', () => {
    expect(marksOf([sampled(1, 4, 6), sampled(2, 30, 7), sampled(3, 0, 0)])).to.deep.equal([]);
  });

  it('takes two requests without an answer for a silence, from the first of them, until there is an answer', () => {
    const probe = (at: number, kind: ProbeSeen['kind']): ProbeSeen => ({ at, kind });
    expect(
      marksOf([
        ...[probe(1, 'answered'), probe(2, 'timed-out'), probe(3, 'answered'), probe(4, 'timed-out')],
        ...[probe(5, 'cut'), probe(6, 'timed-out'), probe(7, 'answered'), probe(8, 'answered')],
      ]),
    ).to.deep.equal(['4 silent', '7 answers']);
  });

  it('counts the connections of one port at its own end, and those whose client has gone', () => {
    const table = [
      '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
      '   0: 0100007F:5208 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0',
      '   1: 0100007F:5208 0100007F:D2F0 01 00000000:00000000 00:00000000 00000000     0        0 2 1 0',
      '   2: 0100007F:D2F0 0100007F:5208 01 00000000:00000000 00:00000000 00000000     0        0 3 1 0',
      '   3: 0100007F:5208 0100007F:D2F2 08 00000000:00000000 00:00000000 00000000     0        0 4 1 0',
      '   4: 0100007F:5208 0100007F:D2F4 06 00000000:00000000 00:00000000 00000000     0        0 0 3 0',
      '   5: 00000000000000000000000001000000:5208 00000000000000000000000001000000:D2F6 01 00000000:00000000',
    ].join('\n');
    expect(connectionsIn(table, 21_000)).to.deep.equal({ open: 2, left: 1 });
    expect(connectionsIn(table, 520)).to.deep.equal({ open: 0, left: 0 });
  });
});
