import type { Row } from './row.js';

/** Command lines that are refused before anything is done; test/cli/main.test.ts types each. */
export const refusedArguments: readonly (Row & { readonly args: readonly string[] })[] = [
  refused('a scenario that does not exist', ['run', 'nope'], /choose one of: blog/),
  refused('a port that is none', ['run', '--port', '99999'], /port/),
  refused('a target that is none', ['run', '--target', 'moon'], /target/),
  refused('a command that does not exist', ['hang'], /unknown command/),
  refused('a load driver that is none', ['run', '--load', 'foo'], /--load takes autocannon or wrk, not foo/),
  refused(
    'several bad values at once',
    ['run', '--load', 'foo', '--port', 'x'],
    /2 options.*--load.*--port/s,
  ),
  refused('a shell that it cannot complete for', ['completion', 'csh'], /bash, zsh or fish, not csh/),
  refused('an option that does not exist', ['run', '--speed'], /unknown option/),
  refused('an analysis without files', ['analyze'], /--exe FILE --core FILE/),
  refused('a source map without =', ['analyze', '--exe', 'a', '--core', 'b', '--source-map', 'x'], /FROM=TO/),
  refused(
    'a core that is given twice',
    ['analyze', '--core', '/dev/null', '--core', '/dev/null'],
    /given twice.*name each core once/s,
  ),
  refused(
    'a core of several that does not exist',
    ['analyze', '--core', '/dev/null', '--core', '/nowhere'],
    /\/nowhere does not exist/,
  ),
  refused(
    'what is about one process, of several',
    ['analyze', '--core', '/dev/null', '--core', '/nowhere', '--members', 'x'],
    /--members is about one process/,
  ),
  refused('a label without =', ['analyze', '--exe', 'a', '--core', 'b', '--label', 'x'], /KEY=VALUE/),
  refused(
    'a leak profile of a stored run',
    ['analyze', '--run', 'x', '--leak-profile', 'y'],
    /--leak-profile is laid beside a core or a dump/,
  ),
  refused(
    'two inputs from stdin',
    ['analyze', '--dump', '-', '--leak-profile', '-'],
    /cannot both be read from stdin/,
  ),
  refused(
    'a leak profile that does not exist',
    ['analyze', '--dump', '/dev/null', '--leak-profile', '/nowhere'],
    /\/nowhere does not exist/,
  ),
  refused('a pid that is none', ['capture', '--pid', '1x'], /process id/),
  refused('a folder that is no run', ['report', '/'], /run\.json/),
  refused('a run without a name', ['report', ''], /name a run/),
  refused('a capture of a run without a name', ['capture', '--run', ''], /name a run/),
  refused('a fleet without instances', ['run', 'fleet', '--instances', '0'], /--instances/),
  refused(
    'a balancer that is none',
    ['run', 'fleet', '--balancer', 'f5'],
    /--balancer takes haproxy, nginx or caddy, not f5/,
  ),
  refused(
    'instances that call each other, elsewhere',
    ['run', 'warehouses', '--target', 'vagrant'],
    /call each other, on this machine only/,
  ),
  refused('several hosts without a fleet', ['run', '--target', 'ssh://a,ssh://b'], /blog runs on one host/),
  refused(
    'hosts here and elsewhere',
    ['run', 'fleet', '--target', 'ssh://a', '--hosts', 'namespaces'],
    /--hosts says where on this machine/,
  ),
  refused(
    'more hosts than instances',
    ['run', 'fleet', '--target', 'ssh://a,ssh://b', '--instances', '1'],
    /2 hosts are named for 1 instances/,
  ),
  refused('an option of a fleet without one', ['run', '--recover'], /--recover go(es)? with a fleet/),
  refused(
    'instances that call each other, of which there is one',
    ['run', 'warehouses', '--instances', '1'],
    /one has nobody to call/,
  ),
  refused(
    'instances that call each other, without a way between them',
    ['run', 'warehouses', '--hosts', 'namespaces'],
    /namespaces have no way/,
  ),
  refused('a stage of a fleet', ['build', 'fleet'], /a fleet runs as a whole/),
  refused('a number of repeats that is none', ['run', '--repeat', '0'], /--repeat/),
];

function refused(what: string, args: readonly string[], says: RegExp) {
  const input = `${what}: \`lab ${args.map((word) => (word === '' ? '""' : word)).join(' ')}\``;
  return { input, happens: 'Refused, with a way out.', exit: 64, says, args };
}
