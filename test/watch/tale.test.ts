import { expect } from 'chai';
import { openTale } from '../../lab/watch/tale.js';

const minute = 60_000;

describe('what a watch tells', () => {
  it('tells the end of every suspicion that it has told, also of the second of a kind', () => {
    const tale = openTale();
    expect(tale.suspected('silent', 0)).to.deep.equal(['it may hang: silent']);
    expect(tale.excused('disk', 'a thread waits', 3_000)).to.deep.equal(['no hang (disk): a thread waits']);
    expect(tale.suspected('silent again', 2 * minute)).to.deep.equal(['it may hang: silent again']);
    expect(tale.excused('disk', 'a thread waits', 2 * minute + 3_000)).to.deep.equal([
      'no hang (disk): a thread waits',
    ]);
  });

  it('tells of a network that is cut for an hour once, and of the next cut again', () => {
    const tale = openTale();
    const lines: string[] = [];
    for (let at = 0; at < 60 * minute; at += 8_000) {
      lines.push(...tale.suspected('silent', at));
      lines.push(...tale.excused('unreachable', 'nothing arrives', at + 3_000));
    }
    expect(lines).to.have.length(2);
    expect(tale.suspected('silent', 90 * minute)).to.have.length(1);
  });

  it('tells of two pauses that lie apart, and of one once', () => {
    const tale = openTale();
    expect(tale.excused('paused', 'stopped', 0)).to.have.length(1);
    expect(tale.excused('paused', 'stopped', 5_000)).to.deep.equal([]);
    expect(tale.excused('paused', 'stopped', 10 * minute)).to.have.length(1);
  });

  it('tells of a suspicion that it has held back when it comes to something else', () => {
    const tale = openTale();
    tale.excused('paused', 'stopped', 0);
    expect(tale.suspected('silent', 5_000)).to.deep.equal([]);
    expect(tale.excused('slow', 'it answers', 6_000)).to.deep.equal([
      'it may hang: silent',
      'no hang (slow): it answers',
    ]);
    expect(tale.suspected('silent for good', 20_000)).to.deep.equal([]);
    expect(tale.confirmed()).to.deep.equal(['it may hang: silent for good']);
    expect(tale.suspected('the next', 25_000)).to.deep.equal(['it may hang: the next']);
  });
});
