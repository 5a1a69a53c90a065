import { LabError } from '../../errors.js';
import type { Target } from '../../targets/target.js';
import { findOptional, type Tool } from '../../toolchain/locate.js';
import { installCommand, packageAccess } from '../../toolchain/packages.js';
import type { BalancerName } from '../options.js';
import type { Balancer } from './balancer.js';
import { caddy } from './caddy.js';
import { haproxy } from './haproxy.js';
import { nginx } from './nginx.js';

/** Every load balancer that can stand before a fleet. */
export const balancers: Readonly<Record<BalancerName, Balancer>> = { haproxy, nginx, caddy };

/** The program of a balancer. Throws `missing-tool` with the command that installs it. */
export async function findBalancer(target: Target, name: BalancerName, signal: AbortSignal): Promise<Tool> {
  const tool = await findOptional(target, name, signal);
  if (tool !== undefined) return tool;
  throw new LabError(`${name} is not installed on ${target.name}`, {
    code: 'missing-tool',
    hint: installCommand([balancers[name].package], await packageAccess(target, signal)),
  });
}
