import { expect } from 'chai';
import { blockedPlaces, fingerprintOf } from '../../../lab/analysis/findings/fingerprint.js';
import type { Diagnosis, Finding, Group, Resource } from '../../../lab/analysis/model/diagnosis.js';

const at = (name: string, file = '/src/shop/cart.go', line = 7) => ({ function: name, file, line });

function groupAt(
  own: string,
  waitReason: string,
  more: Partial<Group> & { readonly through?: string[] } = {},
): Group {
  const { through = [], ...fields } = more;
  const frames = [...through.map((name) => at(name, '/usr/local/go/src/sync/x.go')), at(own)];
  const [first = at(own)] = frames;
  return {
    ...{
      id: 'S1',
      count: 3,
      waitReason,
      userLocation: first,
      startLocation: first,
      goStatementLocation: first,
    },
    ...{ exampleIds: [4], outlook: 'unclear', stack: frames.map((frame) => ({ ...frame, inlined: false })) },
    ...fields,
  };
}

function findingAt(rule: string, own: string, names: readonly string[], file?: string): Finding {
  const place = at(own, file);
  const resources = names.map(
    (name, i): Resource => ({ id: `R${i + 1}`, kind: 'mutex', address: `0xc00000${i}`, name }),
  );
  const goroutine = {
    ...{ id: 41 + names.length, waitReason: 'sync.Mutex.Lock', role: '', waitsFor: ['R1'] },
    ...{ currentLocation: place, userLocation: at('internal/sync.runtime_SemacquireMutex') },
    ...{ startLocation: place, goStatementLocation: place },
    stack: [
      { ...at('sync.(*Mutex).Lock', '/usr/local/go/src/sync/mutex.go'), index: 0, inlined: false },
      { ...place, index: 1, inlined: false },
    ],
  };
  return {
    ...{ id: 'F1', rule, class: 'resource', subtype: 'ab-ba', certainty: 'strong' },
    ...{ explanation: '', suggestion: '', victims: { goroutines: 9, groups: [] }, evidence: [] },
    rootCause: { goroutines: [goroutine], resources, edges: [] },
  };
}

const idOf = (told: Partial<Diagnosis>) =>
  fingerprintOf({ verdict: 'unknown', findings: [], groups: [], ...told })?.id;

describe('the fingerprint of a diagnosis', () => {
  it('is made of the rule, the functions of the program and the objects', () => {
    const told = fingerprintOf({
      ...{ verdict: 'deadlock', groups: [] },
      findings: [findingAt('lock-order', 'main.(*Cart).Add', ['main.Cart.mu', 'main.Stock.mu'])],
    });
    expect(told?.of).to.deep.equal([
      'lock-order',
      'main.(*Cart).Add cart.go',
      'main.Cart.mu',
      'main.Stock.mu',
    ]);
    expect(told?.id).to.match(/^cause-[\da-f]{16}$/);
  });

  it('does not depend on lines, folders, numbers of closures, type arguments, addresses or the order of objects', () => {
    const one = findingAt('lock-order', 'main.add[int].func1.2', [
      'main.Cart.mu',
      'main.Stock.mu',
      'lock 0xc0001',
    ]);
    const other = findingAt(
      ...([
        'lock-order',
        'main.add[go.shape.map[string]int].func7',
        ['main.Stock.mu', 'lock 0xc0fff', 'main.Cart.mu'],
      ] as const),
      'shop/cart.go',
    );
    expect(idOf({ findings: [one] })).to.equal(idOf({ findings: [other] }));
  });

  it('differs by rule, by function, by object and by the file of a function of package main', () => {
    const all = [
      findingAt('lock-order', 'main.run', ['main.Cart.mu']),
      findingAt('double-lock', 'main.run', ['main.Cart.mu']),
      findingAt('lock-order', 'main.walk', ['main.Cart.mu']),
      findingAt('lock-order', 'main.run', ['main.Stock.mu']),
      findingAt('lock-order', 'main.run', ['main.Cart.mu'], '/src/shop/other.go'),
    ];
    expect(new Set(all.map((finding) => idOf({ findings: [finding] })))).to.have.length(all.length);
  });

  it('of a lock that nobody gave back is that of the lock: who came to it later is chance', () => {
    const [one, other] = ['main.read', 'main.write'].map((own) =>
      findingAt('leaked-lock', own, ['main.Cart.mu']),
    );
    expect(idOf({ findings: [one as Finding] })).to.equal(idOf({ findings: [other as Finding] }));
    const [unnamed, elsewhere] = ['main.read', 'main.write'].map((own) =>
      findingAt('leaked-lock', own, ['lock 0xc0001']),
    );
    expect(idOf({ findings: [unnamed as Finding] })).not.to.equal(idOf({ findings: [elsewhere as Finding] }));
  });

  it('without a finding is that of the blocked places, and none where nothing hangs', () => {
    const lock = groupAt('main.(*Cart).Add', 'sync.Mutex.Lock');
    const work = groupAt('main.worker', 'chan receive');
    const stuck = { groups: [lock, { ...lock, count: 400 }] };
    expect(idOf(stuck))
      .to.match(/^stacks-[\da-f]{16}$/)
      .and.to.equal(idOf({ groups: [work, lock] }));
    expect(idOf({ groups: [work] }))
      .to.match(/^stacks-/)
      .and.not.to.equal(idOf(stuck));
    expect(idOf({ ...stuck, verdict: 'none' })).to.equal(undefined);
    expect(idOf({ groups: [{ ...work, outlook: 'idle' }] })).to.equal(undefined);
  });
});

describe('blocked places', () => {
  it('say what a goroutine does by its frames, where an old runtime has one word for all', () => {
    const verbs = [
      groupAt('main.a', 'semacquire', { through: ['sync.(*WaitGroup).Wait'] }),
      groupAt('main.b', 'semacquire', { through: ['sync.(*RWMutex).RLock'] }),
      groupAt('main.c', 'sync.Mutex.Lock', { through: ['sync.(*Mutex).Lock'] }),
      groupAt('main.d', 'chan send'),
      groupAt('main.e', 'chan receive (nil chan)'),
      groupAt('main.f', 'IO wait'),
    ];
    expect(blockedPlaces(verbs).map(({ place }) => place)).to.deep.equal([
      ...['forever main.e cart.go', 'lock main.c cart.go', 'read-lock main.b cart.go', 'send main.d cart.go'],
      'wait main.a cart.go',
    ]);
  });

  it('are those of the program, beyond packages that everybody uses', () => {
    const through = ['golang.org/x/sync/semaphore.(*Weighted).Acquire'];
    const [place] = blockedPlaces([groupAt('example.com/shop/cart.Add', 'select', { through })]);
    expect(place).to.deep.equal({ place: 'select example.com/shop/cart.Add', count: 3, mustEnd: false });
  });
});
