/**
 * The words that options with a few values take. They stand apart from the schema that checks them, because the help
 * and the shell's completion need them at once, and zod takes longer to load than both to answer.
 */
export const loadDrivers = ['autocannon', 'wrk'] as const;
export const captureChoices = ['helper', 'gcore', 'kernel', 'delve'] as const;
export const snapshotChoices = ['auto', 'read', 'fork'] as const;
export const delvePlaces = ['here', 'there'] as const;
export const flavours = ['default', 'noinline', 'debug'] as const;
export const protocolChoices = ['http1', 'http2'] as const;
export const targetChoices = ['local', 'vagrant', 'ssh://'] as const;
/** What takes a core of a process goes into containers too; a run does not. */
export const captureTargetChoices = [...targetChoices, 'docker://', 'podman://', 'kubectl://'] as const;
/** Of a fleet: what spreads the requests, how it asks whether an instance is well, and where the instances live. */
export const balancerChoices = ['haproxy', 'nginx', 'caddy'] as const;
export const healthCheckChoices = ['http', 'tcp'] as const;
export const hostChoices = ['ports', 'namespaces'] as const;
