import { counted } from '../../counted.js';
import type { HealthCheck } from '../../fleet/options.js';
import type { FleetInstance, FleetResult } from '../../fleet/result.js';
import { type FleetFinding, listed } from '../../fleet/same-cause.js';
import type { InstanceState } from '../../fleet/state.js';
import { quoteWord } from '../../quote-word.js';
import { behind } from '../../several/same-cause.js';

/** Each state as it is written, and as one character of a timeline. */
export const stateWords: Readonly<Record<InstanceState, readonly [word: string, mark: string]>> = {
  starting: ['starting', ' '],
  serving: ['serving', '.'],
  overloaded: ['overloaded', '~'],
  hung: ['hung', '#'],
  paused: ['paused', 'p'],
  ended: ['ended', 'x'],
  refusing: ['refusing', 'r'],
  'cut-off': ['cut off', '/'],
  drained: ['drained', 'd'],
  restarting: ['restarting', '>'],
};

/** `hung 14.2 s after the load began`, or the state with its reason. */
export function fateText(instance: FleetInstance, { loadStartedAt }: FleetResult): string {
  const [word] = stateWords[instance.state];
  const again =
    instance.answeredAgain === 0
      ? ''
      : `; ${counted(instance.answeredAgain, 'time')} it was silent before and answered again`;
  if (instance.hungAt === null) return `${word}${again}`;
  return `${word}, found so ${seconds(instance.hungAt - loadStartedAt)} after the load began${again}`;
}

/** What a check made of a hung instance. */
export function checkText(
  { seenByHttpMs, seenByTcpMs }: FleetInstance,
  kind: HealthCheck,
  { balancer }: FleetResult,
): string {
  if (balancer.looks?.[kind] === 'never') return 'is never made';
  const afterMs = kind === 'http' ? seenByHttpMs : seenByTcpMs;
  if (afterMs === null) return 'found it well to the end';
  return afterMs < 0
    ? `failed, ${seconds(-afterMs)} before the lab was sure`
    : `failed, ${seconds(afterMs)} after the lab was sure`;
}

/** What takes an instance out of service, in a sentence. */
export function takenOutText({ options: { healthCheck }, balancer }: FleetResult): string {
  const what = healthCheck === 'http' ? 'does not answer' : 'cannot be connected to';
  return balancer.looks?.[healthCheck] === 'requests'
    ? `it makes no checks of its own, and takes out of service what ${what} when it passes on a request`
    : `it takes out of service what fails a check over ${healthCheck.toUpperCase()}`;
}

/** What differs from instance to instance under one root cause. */
export function differenceText(
  { differs }: Pick<FleetFinding, 'differs'>,
  { name, goroutines, victims }: FleetFinding['instances'][number],
): string {
  const who =
    goroutines.length === 1 ? `goroutine ${goroutines[0]}` : counted(goroutines.length, 'goroutine');
  const values = differs
    .filter(({ what }) => what !== behind)
    .flatMap(({ what, values: all }) => {
      const own = all.find((one) => one.name === name);
      return own === undefined ? [] : [`${what}: ${own.value}`];
    });
  return [`${name}: ${who}`, ...values, `${counted(victims, 'goroutine')} behind`].join('; ');
}

/** How an instance's core is looked at again. */
export function analyzeCommand(instance: FleetInstance, folder: string): string | undefined {
  if (instance.core === null || instance.exe === null) return undefined;
  const path = (file: string) => quoteWord(`${folder}/${file}`);
  return `npx lab analyze --exe ${path(instance.exe)} --core ${path(instance.core)}`;
}

/** How the cores of all instances are looked at as one; they are of one build. */
export function togetherCommand({ instances }: FleetResult, folder: string): string | undefined {
  const taken = instances.filter(({ core, exe }) => core !== null && exe !== null);
  const [first] = taken;
  if (first === undefined || taken.length < 2) return undefined;
  const path = (file: string | null) => quoteWord(`${folder}/${file}`);
  return `npx lab analyze --exe ${path(first.exe)} ${taken.map(({ core }) => `--core ${path(core)}`).join(' ')}`;
}

/** In a sentence what became of the service while it was brought back. */
export function recoveryText({ recovery }: FleetResult): string | undefined {
  if (recovery === null) return undefined;
  const { steps, cameBack = [], visits, living } = recovery;
  const rest = living.length === 0 ? 'no instance served meanwhile' : `${living.join(', ')} served meanwhile`;
  const back =
    cameBack.length === 0
      ? ''
      : `; ${cameBack.join(', ')} answered again without a restart, and ${cameBack.length === 1 ? 'was' : 'were'} readmitted`;
  return `${listed(steps.map(({ name }) => name))} drained, restarted and readmitted${steps.length === 1 ? '' : ' one after the other'}${back}; ${rest}; of ${counted(visits.answered + visits.failed, 'request')} of a visitor ${visits.failed} failed.`;
}

export const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
