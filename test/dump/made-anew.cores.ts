import { expect } from 'chai';
import { localTarget } from '../../lab/targets/local.js';
import { requireGo } from '../../lab/toolchain/go.js';
import { readBytes } from './kept-dumps.js';
import { makeDumps } from './make-dumps.js';
import { crewSize } from './roster.js';

const { signal } = new AbortController();

describe('dumps of the Go at hand', () => {
  it('have all goroutines that their program started', async () => {
    const go = await requireGo(localTarget(), signal);
    const made = await makeDumps(go.path, ['debug2', 'quit', 'quit-crash', 'debug1'], signal);
    expect(made.size).to.equal(4);
    for (const [name, bytes] of made) {
      const [dump, ...more] = await readBytes(bytes);
      expect(more, name).to.have.length(0);
      expect(dump?.limits, name).to.deep.equal([]);
      const started = dump?.stacks.filter(({ createdBy }) => createdBy?.function === 'main.start') ?? [];
      const count = started.reduce((sum, stack) => sum + stack.count, 0);
      if (name === 'debug1') expect(dump?.goroutines, name).to.equal(crewSize + 1);
      else expect(count, name).to.equal(crewSize);
    }
  });
});
