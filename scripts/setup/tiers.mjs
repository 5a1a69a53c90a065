import { whyNoArm64 } from './qemu-user.mjs';
import { whyNoVm } from './vm-tools.mjs';

/**
 * The tiers of tests, in the order in which `test:all` and CI run them. How the name of a file of tests ends says of
 * which it is (`parsers.test.ts`, `locks.cores.ts`), and it is of no other. Where `clock` is false no test measures
 * time, waits for a load to tell, or changes the machine: files run side by side, `first` the longest, for which
 * everybody would wait at the end. Arguments that are neither files nor options go to the variable that `names` is. `lacks` tells what of a tier's tools the machine has not.
 */
export const tiers = [
  { job: 'test', ending: 'test', clock: true, goTests: true },
  { job: 'test:cores', ending: 'cores', clock: false, first: ['analysis/locks', 'kit/slim-core'] },
  { job: 'test:arm64', ending: 'arm64', clock: false, lacks: whyNoArm64 },
  { job: 'test:runs', ending: 'runs', clock: true },
  { job: 'test:pages', ending: 'pages', clock: true },
  { job: 'test:real', ending: 'real', clock: true, names: 'LAB_TEST_CASES' },
  { job: 'test:fuzz', ending: 'fuzz', clock: true },
  { job: 'test:vm', ending: 'vm', clock: true, lacks: whyNoVm },
];

/** Runs all of them. */
export const everyTier = 'test:all';

/** The tier of a file of tests, source or compiled; `undefined` when it is of none. */
export const tierOf = (path) =>
  tiers.find(({ ending }) => path.endsWith(`.${ending}.ts`) || path.endsWith(`.${ending}.js`));
