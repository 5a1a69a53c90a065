import { expect } from 'chai';
import { base, g, hchan, heap, page, profile } from '../fakes/heap.js';

describe('what live goroutines reach in a damaged heap', () => {
  const lost = async (damage: (h: ReturnType<typeof heap>) => void) => {
    const h = heap();
    h.goroutine([], [h.object()]);
    damage(h);
    return await h.reached().then(
      () => 'read',
      (error: unknown) => (error instanceof RangeError ? error.message : String(error)),
    );
  };

  it('is found without walking through what the core does not have', async () => {
    const h = heap();
    const near = h.object();
    h.global(near);
    h.goroutine([], [near]);
    const began = performance.now();
    const { reaches } = await h.reached([], 2 ** 46);
    expect(reaches(near)).to.equal(true);
    expect(performance.now() - began).to.be.below(2_000);
  });

  it('is not told where a span has more pages, or more objects, than can be', async () => {
    for (const [offset, value] of [
      [8, 2 ** 40],
      [8, 2 ** 34],
      [8, 0],
      [16, 0],
      [24, 2 ** 31],
      [0, base + 8],
    ] as const) {
      expect(await lost((h) => h.put((h.spans[0] ?? 0) + offset, value))).to.equal(
        'span 0 of the heap makes no sense',
      );
    }
  });

  it('is found where a list of what is attached runs in circles', async () => {
    const h = heap();
    const kept = h.object();
    h.special(kept, profile + 1, true);
    const at = h.object();
    h.global(at);
    h.goroutine([], [at]);
    expect((await h.reached()).reaches(at)).to.equal(true);
  });

  it('says nothing where a timer is missing that is to fire, and trusts one that is stopped', async () => {
    const timed = (when: number, led: boolean) => {
      const h = heap();
      const [channel, timer] = [h.object(), h.object(when)];
      h.put(channel + hchan.timer, timer);
      h.put(timer + 8, channel);
      if (led) h.global(timer);
      h.goroutine([], [channel]);
      return h.reached().then(
        ({ reaches }) => reaches(channel),
        (error: unknown) => (error instanceof RangeError ? error.message : error),
      );
    };
    expect(await timed(7, true)).to.equal(true);
    expect(await timed(0, false)).to.equal(false);
    expect(await timed(7, false)).to.match(/a timer that is to fire is not in the heap as it was read/);
  });
});

describe('what live goroutines reach in the heap', () => {
  it('goes from a package variable over objects to a channel', async () => {
    const h = heap();
    const [near, far, lost] = [h.object(), h.object(), h.object()];
    h.global(h.object(1, h.object(2, far)));
    h.global(near);
    for (const channel of [near, far, lost]) h.goroutine([], [channel]);
    const { reaches, counts } = await h.reached();
    expect([near, far, lost].map(reaches)).to.deep.equal([true, true, false]);
    expect(counts?.live).to.equal(2);
  });

  it('goes on over the stack of a goroutine that can be woken, and of no other', async () => {
    const h = heap();
    const [first, second, third, fourth] = [h.object(), h.object(), h.object(), h.object()];
    h.goroutine([first]);
    h.goroutine([second], [first]);
    h.goroutine([], [second]);
    h.goroutine([fourth], [third]);
    h.goroutine([third], [fourth]);
    const { reaches } = await h.reached();
    expect([first, second, third, fourth].map(reaches)).to.deep.equal([true, true, false, false]);
  });

  it('wakes a select by any of its cases', async () => {
    const h = heap();
    const [one, other, held] = [h.object(), h.object(), h.object()];
    h.global(other);
    h.goroutine([held], [one, other]);
    h.goroutine([], [held]);
    expect([one, held].map((await h.reached()).reaches)).to.deep.equal([false, true]);
  });

  it('takes a pointer into an object for one at it', async () => {
    const h = heap();
    const channel = h.object();
    h.global(h.object(0, channel) + 40);
    h.goroutine([], [channel]);
    expect((await h.reached()).reaches(channel)).to.equal(true);
  });

  it('does not follow numbers in objects without pointers, free slots and queues of channels', async () => {
    const h = heap();
    const [byNumber, byFree, byQueue, known] = [h.object(), h.object(), h.object(), h.object()];
    const free = h.object(byFree);
    h.global(h.plainObject(byNumber));
    h.global(free);
    h.global(known);
    for (const channel of [byNumber, byFree, byQueue]) h.goroutine([], [channel]);
    h.goroutine([], [known]);
    // The queue of a channel leads to who waits there, not to what else they wait for.
    h.put(known + hchan.receivers + 8, byQueue);
    h.free(free);
    expect([byNumber, byFree, byQueue, known].map((await h.reached()).reaches)).to.deep.equal([
      false,
      false,
      false,
      true,
    ]);
  });

  it('sees what lies beside memory that is not in the core', async () => {
    const h = heap();
    const [known, lost] = [h.object(), h.object()];
    h.global(known);
    for (const channel of [known, lost]) h.goroutine([], [channel]);
    const { reaches } = await h.reached([], 32 * page);
    expect([known, lost].map(reaches)).to.deep.equal([true, false]);
  });

  it('counts registers, and objects with a finalizer, but no samples of the memory profile', async () => {
    const h = heap();
    const [inRegister, finalized] = [h.object(), h.object()];
    h.special(h.object(finalized), 2);
    for (const channel of [inRegister, finalized]) h.goroutine([], [channel]);
    expect([inRegister, finalized].map((await h.reached([inRegister])).reaches)).to.deep.equal([true, true]);
    const other = heap();
    const lost = other.object();
    other.special(other.object(lost), profile);
    other.goroutine([], [lost]);
    expect((await other.reached()).reaches(lost)).to.equal(false);
  });
});

describe('what alone leads to an object', () => {
  it('are the goroutines that wait themselves and have it, where nothing else does', async () => {
    const h = heap();
    const [answer, known, other] = [h.object(), h.object(), h.object()];
    h.global(known);
    const asks = h.goroutine([answer], [answer]);
    const serves = h.goroutine([h.object(0, h.object(answer)), known], [other]);
    expect(await h.leaders({ queues: [], targets: [answer, known] }, [asks, serves])).to.deep.equal([
      [answer, [asks, serves], []],
    ]);
  });

  it('is a queue in whose buffer the request waits, however many have the queue', async () => {
    const h = heap();
    const answer = h.object();
    const request = h.object(7, answer);
    const queue = h.object(1, 4);
    h.put(queue + hchan.buffer, h.object(0, request));
    h.global(queue);
    const asks = h.goroutine([answer], [answer]);
    expect(await h.leaders({ queues: [queue], targets: [answer] }, [asks])).to.deep.equal([
      [answer, [asks], [queue]],
    ]);
    expect(await h.leaders({ queues: [], targets: [answer] }, [asks])).to.deep.equal([]);
    h.put(queue + hchan.count, 0);
    expect(await h.leaders({ queues: [queue], targets: [answer] }, [asks])).to.deep.equal([]);
  });

  it('is nobody who has only what lies behind it in the same object', async () => {
    const h = heap();
    const answer = h.object();
    const request = h.object(0, answer, 0, 5);
    h.global(request + 24);
    const asks = h.goroutine([request], [answer]);
    expect(await h.leaders({ queues: [], targets: [answer] }, [asks])).to.deep.equal([[answer, [asks], []]]);
    // Whoever has the object from its beginning has it all, in whatever order that is found.
    h.global(h.object(request + 8));
    expect(await h.leaders({ queues: [], targets: [answer] }, [asks])).to.deep.equal([]);
  });

  it('does not lead from one case of a select to the others', async () => {
    const h = heap();
    const [answer, known] = [h.object(), h.object()];
    h.global(known);
    const asks = h.goroutine([answer], [known, answer]);
    expect(await h.leaders({ queues: [], targets: [answer] }, [asks])).to.deep.equal([[answer, [asks], []]]);
  });
});

describe('by what an object of the heap is reached', () => {
  const nothing = { last: [] };

  it('is a package variable, however far away, rather than the stack of who uses it', async () => {
    const h = heap();
    const [near, far, lost] = [h.object(), h.object(), h.object()];
    const variable = h.global(h.object(1, h.object(2, far)));
    const other = h.global(near);
    h.goroutine([far, near]);
    for (const channel of [near, far, lost]) h.goroutine([], [channel]);
    const { rootOf } = await h.reached([], 0, nothing);
    expect([near, far, lost].map((one) => rootOf?.(one))).to.deep.equal([
      { kind: 'variable', address: other, itself: false },
      { kind: 'variable', address: variable, itself: false },
      undefined,
    ]);
    expect(rootOf?.(variable)).to.deep.equal({ kind: 'variable', address: variable, itself: true });
    expect((await h.reached()).rootOf).to.equal(undefined);
  });

  it('is one of the variables that come last only where nothing else leads to it', async () => {
    const h = heap();
    const [shared, own] = [h.object(), h.object()];
    const runtime = h.global(h.object(shared, own));
    const running = h.goroutine([shared]);
    h.put(running + g.goid, 7);
    for (const channel of [shared, own]) h.goroutine([], [channel]);
    const last = [{ start: runtime, end: runtime + 8 }];
    const { rootOf, reaches } = await h.reached([], 0, { last });
    expect([shared, own].map(reaches)).to.deep.equal([true, true]);
    expect(rootOf?.(shared)).to.deep.equal({ kind: 'goroutine', id: 7 });
    expect(rootOf?.(own)).to.deep.equal({ kind: 'variable', address: runtime, itself: false });
  });

  it('is the stack of a goroutine, with what keeps that one alive', async () => {
    const h = heap();
    const [first, second, third] = [h.object(), h.object(), h.object()];
    const variable = h.global(first);
    h.put(h.goroutine([second], [first]) + g.goid, 1);
    h.put(h.goroutine([third], [second]) + g.goid, 2);
    h.goroutine([], [third]);
    const { rootOf } = await h.reached([], 0, nothing);
    const one = { kind: 'variable', address: variable, itself: false } as const;
    expect(rootOf?.(third)).to.deep.equal({
      ...{ kind: 'goroutine', id: 2 },
      waitsFor: { kind: 'goroutine', id: 1, waitsFor: one },
    });
  });

  it('is what is attached to an object, or a thread', async () => {
    const h = heap();
    const [finalized, inRegister] = [h.object(), h.object()];
    h.special(h.object(finalized), 2);
    for (const channel of [finalized, inRegister]) h.goroutine([], [channel]);
    const { rootOf } = await h.reached([inRegister], 0, nothing);
    expect([finalized, inRegister].map((one) => rootOf?.(one))).to.deep.equal([
      { kind: 'attached' },
      { kind: 'thread' },
    ]);
  });
});
