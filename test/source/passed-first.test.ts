import { expect } from 'chai';
import { functionAround } from '../../lab/source/functions.js';
import { passedBefore } from '../../lab/source/passed-first.js';
import { programOf } from './go-text.js';

/** What must be passed before the `close` in the text. */
async function passed(method: string, fields = 'mu sync.Mutex; wg sync.WaitGroup; done chan int') {
  const text = `package p
import "sync"
var all sync.Mutex
type T struct { ${fields} }
${method}
`;
  await using opened = await programOf({ 'a.go': text });
  const file = opened.path('a.go');
  const call = opened.program
    .parse(file)
    ?.root.descendantsOfType(['call_expression'])
    .find((node) => node.childForFieldName('function')?.text === 'close');
  const operand = call?.childForFieldName('arguments')?.namedChildren[0];
  const within = call === undefined || call === null ? undefined : functionAround(call, file);
  if (call == null || operand == null || within === undefined) throw new Error('the text closes nothing');
  return passedBefore(call, operand, within, opened.program).map(
    ({ wait, of }) => `${wait.expression} ${of}`,
  );
}

describe('what must be passed before an operation', () => {
  it('is a lock or a wait group of the same object, whatever else may happen in between', async () => {
    expect(
      await passed('func (t *T) end() { t.mu.Lock(); if ok() { t.mu.Unlock() }; close(t.done) }'),
    ).to.deep.equal(['t.mu object']);
    expect(await passed('func end(t *T) { t.wg.Wait(); for { close(t.done) } }')).to.deep.equal([
      't.wg object',
    ]);
  });

  it('is a lock of the package, for any object', async () => {
    expect(await passed('func (t *T) end() { all.Lock(); defer all.Unlock(); close(t.done) }')).to.deep.equal(
      ['all package'],
    );
  });

  const other: Readonly<Record<string, readonly [string, string?]>> = {
    'comes after it': ['func (t *T) end() { close(t.done); t.mu.Lock() }'],
    'is passed on one way only': ['func (t *T) end() { if ok() { t.mu.Lock() }; close(t.done) }'],
    'is only tried': ['func (t *T) end() { t.mu.TryLock(); close(t.done) }'],
    'is taken in a goroutine': ['func (t *T) end() { go t.mu.Lock(); close(t.done) }'],
    'can be jumped over': ['func (t *T) end() { if ok() { goto x }; t.mu.Lock(); x: close(t.done) }'],
    'belongs to another object': ['func (t *T) end(o *T) { o.mu.Lock(); close(t.done) }'],
    'belongs to a variable that is set again': [
      'func (t *T) end() { t.mu.Lock(); t = next(); close(t.done) }',
    ],
    'is hidden by a variable': ['func (t *T) end() { t.mu.Lock(); { t := next(); close(t.done) } }'],
    'lies behind a pointer': [
      'func (t *T) end() { t.mu.Lock(); close(t.done) }',
      'mu *sync.Mutex; done chan int',
    ],
    'is that of a copy': ['func (t T) end() { t.mu.Lock(); close(t.done) }'],
    'is embedded from elsewhere': ['type U struct{ *T }\nfunc (u *U) end() { u.mu.Lock(); close(u.done) }'],
    'is passed around a literal, not in it': [
      'func (t *T) end() { t.mu.Lock(); later(func() { close(t.done) }) }',
    ],
    'is a local lock': ['func (t *T) end() { var all sync.Mutex; all.Lock(); close(t.done) }'],
  };
  for (const [what, [method, fields]] of Object.entries(other)) {
    it(`is no lock that ${what}`, async () => {
      expect(await passed(method, fields)).to.deep.equal([]);
    });
  }
});
