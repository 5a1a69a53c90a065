import { fleet } from './fleet.js';
import type { Scenario } from './scenario.js';
import { warehouses } from './warehouses.js';

/** Scenarios of several instances behind a load balancer. They are no rows of the catalogue, whose scenarios are one process each. */
export const fleets: readonly Scenario[] = [fleet, warehouses];

/** Whether the scenario of that name is a fleet. */
export const isFleet = (name: string): boolean => fleets.some((one) => one.name === name);
