import type { Scenario } from './scenario.js';

/** Who may do what: a check that calls itself under its read lock, and a change of roles. */
export const permissions: Scenario = {
  name: 'permissions',
  title: 'a permission check that calls itself under its read lock while roles are changed',
  teaches:
    'A function that locks must not call itself. With a read lock that goes well until a writer comes between two levels, so the depth of the data decides how often it fails.',
  class: 'resource',
  subtype: 'rwr',
  package: 'permissions',
  server: { path: '/reviewed' },
  drive: { kind: 'self', rounds: 10, withinMs: 5_000 },
  symptom: { kind: 'no-progress', path: '/reviewed', forMs: 1_000 },
  expect: {
    functions: ['main.(*Roles).Allows'],
    resources: ['main.Roles.mu'],
    victimsAtLeast: 0,
    rule: 'read-write-read',
  },
};
