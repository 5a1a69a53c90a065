import type { HealthCheck } from '../options.js';
import type { Backend, BackendView, CheckSeen } from './balancer.js';

/**
 * What is known of each instance from the logs of a balancer that has no statistics by instance. Instances are named by
 * `host:port`; of others nothing is kept. `said` is the balancer's own word.
 */
export interface Learned {
  /** A request was answered by it. */
  answered(address: string, said: string): void;
  noConnection(address: string, said: string): void;
  /** It was connected, and gave no answer in time. */
  noAnswer(address: string, said: string): void;
  /** A check found it well. */
  wellAgain(address: string, said: string): void;
  triedElsewhere(address: string): void;
  /** The balancer sends it nothing more until it has answered. */
  disabled(address: string): void;
  /** The balancer has begun anew, and holds nothing against anybody. */
  forgetComplaints(): void;
  /** Whether each has answered a request. */
  allAnswered(): boolean;
  view(backend: Backend, more: LearnedView): BackendView;
}

export interface LearnedView {
  readonly service: BackendView['service'] | undefined;
  readonly sessions: number;
  /** Kinds of check that the balancer makes. */
  readonly kinds: readonly HealthCheck[];
}

interface Known {
  tcp: CheckSeen;
  http: CheckSeen;
  isDisabled: boolean;
  answers: number;
  connectErrors: number;
  responseErrors: number;
  retries: number;
}

const nothingSaid: CheckSeen = { up: true, said: 'no complaint' };
const connected: CheckSeen = { up: true, said: 'connected' };

export const addressOf = ({ host, port }: Backend): string => `${host}:${port}`;

export function learned(backends: readonly Backend[]): Learned {
  const fresh = (): Known => ({
    ...{ tcp: nothingSaid, http: nothingSaid, isDisabled: false },
    ...{ answers: 0, connectErrors: 0, responseErrors: 0, retries: 0 },
  });
  const known = new Map(backends.map((one) => [addressOf(one), fresh()]));
  const of = (address: string): Known => known.get(address) ?? fresh();
  return {
    answered(address, said) {
      const one = of(address);
      one.answers += 1;
      Object.assign(one, { isDisabled: false, tcp: connected, http: { up: true, said } });
    },
    noConnection(address, said) {
      const one = of(address);
      one.connectErrors += 1;
      Object.assign(one, { tcp: { up: false, said }, http: { up: false, said } });
    },
    noAnswer(address, said) {
      const one = of(address);
      one.responseErrors += 1;
      Object.assign(one, { tcp: connected, http: { up: false, said } });
    },
    wellAgain: (address, said) =>
      void Object.assign(of(address), { tcp: connected, http: { up: true, said } }),
    triedElsewhere(address) {
      of(address).retries += 1;
    },
    disabled(address) {
      of(address).isDisabled = true;
    },
    forgetComplaints() {
      for (const one of known.values())
        Object.assign(one, { tcp: nothingSaid, http: nothingSaid, isDisabled: false });
    },
    allAnswered: () => [...known.values()].every(({ answers }) => answers > 0),
    view(backend, { service, sessions, kinds }) {
      const { tcp, http, isDisabled, ...counts } = of(addressOf(backend));
      return {
        ...{ name: backend.name, sessions, ...counts },
        service: service ?? (isDisabled ? 'down' : 'up'),
        checks: {
          tcp: kinds.includes('tcp') ? tcp : undefined,
          http: kinds.includes('http') ? http : undefined,
        },
      };
    },
  };
}
