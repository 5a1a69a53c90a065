import { expect } from 'chai';
import type { Diagnosis } from '../lab/analysis/model/diagnosis.js';

const many = Object.fromEntries(
  Array.from({ length: 20 }, (_, i) => [`key${String(i).padStart(2, '0')}`, String(i)]),
);
const order = (request: string) => ({ handler: '/orders ä', request, tenant: 'acme' });

/** What test/fixtures/go/labelled gives to its goroutines. */
export function expectLabels({ groups, limits }: Diagnosis): void {
  const found = groups.flatMap(({ userLocation, labels = [] }) =>
    labels.map(({ set, count }) => ({ in: userLocation.function, count, set })),
  );
  expect(found).to.have.deep.members([
    { in: 'main.(*depot).put', count: 3, set: order('7') },
    { in: 'main.(*depot).put', count: 1, set: order('8') },
    { in: 'main.inherit', count: 5, set: { tenant: 'acme' } },
    { in: 'main.main.func1', count: 1, set: many },
  ]);
  expect(limits.filter((limit) => /labels/.test(limit))).to.deep.equal([]);
}
