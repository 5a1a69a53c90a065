import { createServer } from 'node:http';
import { expect } from 'chai';
import { type Settled, settle } from '../../lab/drive/settle.js';
import type { Symptom } from '../../lab/scenarios/drive.js';

const { signal } = new AbortController();
const never = new AbortController().signal;

/** Settles against a real server that answers with each text once, and with the last one from then on. */
async function settled(symptom: Symptom, texts: readonly string[], withinMs = 5_000): Promise<Settled> {
  let looks = 0;
  const server = createServer((_, response) => {
    response.end(texts[Math.min(looks, texts.length - 1)]);
    looks += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  try {
    return await settle(symptom, { origin, pprofUrl: origin, withinMs }, never, signal);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

const standing = (count: number): string =>
  Array.from(
    { length: count },
    (_, id) => `goroutine ${id} [select]:\nmain.stay()\n\t/src/main.go:3 +0x1d`,
  ).join('\n\n');

describe('a look at a service that answers', () => {
  const stuck: Symptom = { kind: 'stuck-goroutines', in: 'main.stay', atLeast: 3, forMs: 300 };
  const still: Symptom = { kind: 'no-progress', path: '/progress', forMs: 300 };

  it('finds it well once its goroutines have left', async () => {
    const seen = await settled(stuck, [standing(9), standing(5), standing(2)]);
    expect(seen).to.deep.equal({ kind: 'well', why: '2 goroutines in main.stay' });
  });

  it('finds it leaking when they do not become fewer', async () => {
    expect(await settled(stuck, [standing(9), standing(4)])).to.include({ kind: 'leaked', goroutines: 4 });
  });

  it('decides nothing while they still become fewer, or more of them come', async () => {
    const falling = Array.from({ length: 40 }, (_, i) => standing(50 - i));
    expect(await settled(stuck, falling, 700)).to.include({ kind: 'undecided' });
    expect(await settled(stuck, [standing(3), standing(8)])).to.include({ kind: 'leaked', goroutines: 8 });
  });

  it('finds work that goes on, and work that stands still', async () => {
    expect(await settled(still, ['1', '1', '2'])).to.include({ kind: 'well' });
    expect(await settled(still, ['7 of 9'])).to.include({
      kind: 'stalled',
      why: 'for 0.3 s the work stood at: 7 of 9',
    });
  });
});
