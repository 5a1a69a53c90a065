import { type balancerChoices, type healthCheckChoices, hostChoices } from '../choices.js';
import type { LabConfig } from '../config.js';
import type { Scenario } from '../scenarios/scenario.js';
import { hostsIn } from '../targets/several.js';

export type BalancerName = (typeof balancerChoices)[number];
/** `tcp`: a connection is enough; `http`: an answer is wanted. */
export type HealthCheck = (typeof healthCheckChoices)[number];
/** `ports`: each instance on a port of its own; `namespaces`: each on a host of its own, a network namespace. */
export type Hosts = (typeof hostChoices)[number];
/** `ssh`: on the hosts that the run's target names, a VM among them. */
export const placesOfHosts = [...hostChoices, 'ssh'] as const;

export interface FleetOptions {
  readonly instances: number;
  readonly balancer: BalancerName;
  /** The one that decides where requests go; the balancer asks in the other way too, and only tells. */
  readonly healthCheck: HealthCheck;
  readonly hosts: Hosts | 'ssh';
  /** Whether hung instances are restarted, one after the other, while the others serve. */
  readonly recover: boolean;
}

/** A fleet as it was asked for. */
export function fleetOptions(config: LabConfig, { server }: Scenario): FleetOptions {
  return {
    instances:
      config.instances ?? (server.siblings === true ? 2 : Math.max(3, hostsIn(config.target).length)),
    balancer: config.balancer ?? 'haproxy',
    healthCheck: config.healthCheck ?? 'http',
    hosts: config.target === 'local' ? (config.hosts ?? 'ports') : 'ssh',
    recover: config.recover ?? false,
  };
}
