import type { Entry } from './format.js';

export const failureExits: readonly Entry[] = [
  ['64', 'bad arguments, configuration or input files'],
  ['69', 'a tool, permission, port or disk space is missing; the message has the command that fixes it'],
  ['70', 'the program does not build, or an internal error; the message says where the evidence is'],
  ['130', 'interrupted'],
];

/** Of commands that hold what was expected against what was found. */
export const verdictExits: readonly Entry[] = [
  ['0', 'as expected'],
  ['1', 'different: no hang, another diagnosis, or a repaired program diagnosed'],
  ['2', 'inconclusive: too little load, or the evidence is incomplete or undecided'],
  ...failureExits,
];

export const analyzeExits: readonly Entry[] = [
  ['0', 'no deadlock'],
  ['1', 'deadlock'],
  ['2', 'undecided'],
  ...failureExits,
];

/** Of commands that do a thing or fail. */
export const plainExits: readonly Entry[] = [['0', 'done'], ...failureExits];

export const runsVariable: Entry = ['LAB_RUNS', 'folder for all runs; `runs` in the project by default'];
export const cacheVariable: Entry = [
  'LAB_CACHE',
  'folder for tools and builds; `.cache` in the project by default',
];
export const sshVariables: readonly Entry[] = [
  ['LAB_SSH_CONFIG', 'a file to read in place of `~/.ssh/config`'],
  [
    'LAB_TARGET_FOLDER',
    "folder to work in on an SSH target; `go-deadlock-lab` in the user's cache by default",
  ],
];
export const outputVariables: readonly Entry[] = [
  ['NO_COLOR', 'when set, nothing is coloured'],
  ['LAB_DEBUG', 'when set, an internal error prints its stack'],
];
