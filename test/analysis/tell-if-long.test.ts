import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { tellIfLong } from '../../lab/analysis/tell-if-long.js';
import type { LabEvent } from '../../lab/events.js';

describe('what takes long', () => {
  it('is told once, while it is being done; what is quick is not told', async () => {
    const told: LabEvent[] = [];
    const emit = (event: LabEvent) => void told.push(event);
    expect(await tellIfLong(emit, 'quick', async () => 1, 5)).to.equal(1);
    const until = async () => {
      while (told.length === 0) await delay(1);
      throw new Error('failed');
    };
    const failed = await tellIfLong(emit, 'slow', until, 5).catch((error: unknown) => error);
    expect(failed).to.be.instanceOf(Error);
    expect(told).to.deep.equal([{ type: 'note', text: 'slow' }]);
  });
});
