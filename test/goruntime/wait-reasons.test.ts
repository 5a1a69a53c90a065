import { expect } from 'chai';
import { endOfWait, isLiveReason, knownReasons } from '../../lab/goruntime/wait-reasons.js';
import { waitBefore, waitEnded, waitHere, waitShort } from '../../lab/report/finding/wait-words.js';

describe('the reasons for which goroutines wait', () => {
  it('have words where other goroutines end the wait, or nothing does', () => {
    const reasons = knownReasons.filter((reason) => !isLiveReason(reason));
    expect(reasons.length).to.be.above(10);
    for (const reason of reasons) {
      expect(waitShort(reason), reason).to.not.equal(reason);
      expect([...waitBefore(reason), ...waitHere(reason)].join(' '), reason).to.match(/\w/);
    }
    expect(waitEnded('chan send')).to.equal('drained');
  });

  it('are shown as they come where they are not known, and not understood', () => {
    expect(endOfWait('a reason of Go 1.99')).to.equal(undefined);
    expect(endOfWait('toString')).to.equal(undefined);
    expect(isLiveReason('')).to.equal(false);
    expect(waitShort('a reason of Go 1.99')).to.equal('a reason of Go 1.99');
  });
});
