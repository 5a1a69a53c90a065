import { expect } from 'chai';
import { functionsAtLine } from '../../lab/source/functions.js';
import { locksHeldAt } from '../../lab/source/held-locks.js';
import { handedOut, syncOperationsOf } from '../../lab/source/sync-operations.js';
import { programOf } from './go-text.js';

/** Marks the line that is asked about with `// here`. */
async function heldIn(body: string) {
  const text = `package p\n\nfunc (s *store) f(x bool, c chan int) {\n${body}\n}\n`;
  await using sources = await programOf({ 'p.go': text });
  const path = sources.path('p.go');
  const line = text.split('\n').findIndex((row) => row.includes('// here')) + 1;
  const [fn] = functionsAtLine(sources.program.parse(path)?.root ?? fail(), path, line === 0 ? 4 : line);
  const { held, leaks } = locksHeldAt(fn ?? fail(), line);
  return {
    held: held.map(
      ({ operation, always }) => `${operation.kind} ${operation.expression}${always ? '' : '?'}`,
    ),
    leaks: leaks.map((leak) => leak.line - 3),
  };
}

function fail(): never {
  throw new Error('the text has no function there');
}

describe('the locks that a frame holds', () => {
  it('are those between Lock and Unlock', async () => {
    expect((await heldIn('s.mu.Lock()\nwork() // here\ns.mu.Unlock()')).held).to.deep.equal(['lock s.mu']);
    expect((await heldIn('s.mu.Lock()\ns.mu.Unlock()\nwork() // here')).held).to.deep.equal([]);
  });

  it('do not count the one that the statement itself asks for', async () => {
    expect((await heldIn('s.a.Lock()\ns.b.Lock() // here')).held).to.deep.equal(['lock s.a']);
  });

  it('include what a deferred call gives back only at the end', async () => {
    const { held, leaks } = await heldIn('s.mu.RLock()\ndefer s.mu.RUnlock()\nwork() // here');
    expect({ held, leaks }).to.deep.equal({ held: ['rlock s.mu'], leaks: [] });
  });

  it('see the unlock in a deferred literal', async () => {
    const { leaks } = await heldIn('s.mu.Lock()\ndefer func() { s.mu.Unlock() }()\nwork() // here');
    expect(leaks).to.deep.equal([]);
  });

  it('are uncertain after a branch that may have taken or given them', async () => {
    expect((await heldIn('if x {\ns.mu.Lock()\n}\nwork() // here')).held).to.deep.equal(['lock s.mu?']);
    const text = 's.mu.Lock()\nif x {\ns.mu.Unlock()\n}\nwork() // here';
    expect((await heldIn(text)).held).to.deep.equal(['lock s.mu?']);
  });

  it('stay certain past a branch that leaves', async () => {
    const text = 's.mu.Lock()\nif x {\ns.mu.Unlock()\nreturn\n}\nwork() // here\ns.mu.Unlock()';
    expect(await heldIn(text)).to.deep.equal({ held: ['lock s.mu'], leaks: [] });
  });

  it('may come from the turn of the loop before', async () => {
    const text = 'for {\ns.mu.Lock() // here\nif x {\ncontinue\n}\ns.mu.Unlock()\n}';
    expect((await heldIn(text)).held).to.deep.equal(['lock s.mu?']);
    expect((await heldIn('for {\ns.mu.Lock() // here\ns.mu.Unlock()\n}')).held).to.deep.equal([]);
  });

  it('pass through a select and a switch', async () => {
    const text = 's.mu.Lock()\nselect {\ncase <-c: // here\ns.mu.Unlock()\n}\nwork()';
    expect((await heldIn(text)).held).to.deep.equal(['lock s.mu']);
    const after = 's.mu.Lock()\nswitch {\ncase x:\ns.mu.Unlock()\ndefault:\ns.mu.Unlock()\n}\nwork() // here';
    expect((await heldIn(after)).held).to.deep.equal([]);
  });

  it('are left behind by an early return', async () => {
    expect((await heldIn('s.mu.Lock()\nif x {\nreturn\n}\ns.mu.Unlock()')).leaks).to.deep.equal([3]);
    expect((await heldIn('s.mu.Lock()\nif x {\npanic(1)\n}\ns.mu.Unlock()')).leaks).to.deep.equal([]);
  });

  it('are uncertain at a return that runs calls deferred before the unlock', async () => {
    const text = 'defer other()\ns.mu.Lock()\ndefer s.mu.Unlock()\nreturn // here';
    expect((await heldIn(text)).held).to.deep.equal(['lock s.mu?']);
  });
});

describe('operations of package sync', () => {
  it('are found with the function in which they take effect', async () => {
    const text =
      'package p\nfunc f() {\ngo func() { defer wg.Done() }()\ndefer func() { mu.Unlock() }()\nwg.Add(-1)\nwg.Add(1)\n}\n';
    await using sources = await programOf({ 'p.go': text });
    const found = syncOperationsOf(sources.program).map(
      (o) => `${o.kind} in ${o.within?.kind} ${o.deferred}`,
    );
    expect(found).to.have.members([
      'done in literal true',
      'unlock in function true',
      'done in function false',
    ]);
  });

  it('are lost sight of where an unlock is taken as a value or a lock goes to unknown code', async () => {
    const text =
      'package p\nfunc f(s *T) func() {\nlib.Use(&s.mu)\nknown(&s.mu)\nc := sync.NewCond(&s.mu)\n_ = c\nreturn s.mu.Unlock\n}\nfunc known(mu *sync.Mutex) {}\n';
    await using sources = await programOf({ 'p.go': text });
    const out = handedOut(sources.program, new Set(['mu'])).map(({ node }) => node.text);
    expect(out).to.have.members(['&s.mu', 's.mu.Unlock']);
  });
});
