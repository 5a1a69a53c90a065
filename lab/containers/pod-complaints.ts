import { LabError } from '../errors.js';
import { quoteWord } from '../quote-word.js';
import type { ClientExit } from './client.js';
import { reasonIn } from './engine-facts.js';
import type { PodCalls } from './pod-calls.js';

interface Complaint {
  readonly pattern: RegExp;
  readonly error: (calls: PodCalls, said: string, match: RegExpExecArray) => LabError;
}

const complaints: readonly Complaint[] = [
  {
    // The server's own sentence (apiserver, pkg/endpoints/handlers/responsewriters/errors.go).
    pattern: /User "(.+)" cannot (\w+) resource "([^"]+)"/,
    error: (calls, said, [, user = '', verb = '', resource = '']) =>
      new LabError(`the cluster does not allow it: ${said}`, {
        code: 'missing-permission',
        hint: grantRole(calls, user, verb, resource),
      }),
  },
  {
    pattern: /violates PodSecurity "([a-z]+)/,
    error: ({ pod }, said) =>
      new LabError(`the namespace ${pod.namespace} does not allow it: ${said}`, {
        code: 'missing-permission',
        hint: `allow it while you capture: kubectl label --overwrite namespace ${pod.namespace} pod-security.kubernetes.io/enforce=privileged`,
      }),
  },
  {
    pattern: /admission webhook "([^"]+)" denied|denied the request/,
    error: ({ pod }, said) =>
      new LabError(`the cluster does not allow it: ${said}`, {
        code: 'missing-permission',
        hint: `have who administers the cluster allow a debug container with SYS_PTRACE in the namespace ${pod.namespace}`,
      }),
  },
  {
    pattern: /exec: "([^"]+)": (?:stat [^:]+: no such file|executable file not found)/,
    error: ({ pod }, _, [, program = '']) =>
      new LabError(`the image of that container of ${pod.pod} has no ${program}`, {
        code: 'target',
        hint: 'name an image with a shell for a debug container: --debug-image busybox:stable',
      }),
  },
  {
    pattern: /\(NotFound\)|not found$/m,
    error: ({ typed }, said) =>
      new LabError(`the cluster does not know it: ${said}`, {
        code: 'target',
        hint: `see what runs: ${typed('get', 'pods')}`,
      }),
  },
  {
    pattern: /context "?.*"? does not exist|no context exists/,
    error: (_, said) =>
      new LabError(`kubectl: ${said}`, {
        code: 'usage',
        hint: 'choose one of those that it prints: kubectl config get-contexts -o name',
      }),
  },
  {
    pattern: /\(Unauthorized\)|must be logged in|getting credentials/,
    error: (_, said) =>
      new LabError(`the cluster does not know who asks: ${said}`, {
        code: 'missing-permission',
        hint: 'log in again as for any kubectl, and try it: kubectl auth whoami',
      }),
  },
  {
    pattern:
      /connection to the server .* refused|unable to connect to the server|no such host|i\/o timeout|TLS handshake|was refused - did you specify/i,
    error: (_, said) =>
      new LabError(`kubectl does not reach the cluster: ${said}`, {
        code: 'target',
        hint: 'look whether it answers, and which one is meant: kubectl cluster-info',
      }),
  },
];

/** The error of a kubectl that failed, by what it said. */
export function podComplaint(calls: PodCalls, exit: ClientExit): LabError {
  const said = podReason(exit.stderr);
  for (const { pattern, error } of complaints) {
    const match = pattern.exec(exit.stderr);
    if (match !== null) return error(calls, said, match);
  }
  const why = exit.timedOut ? 'it did not answer in time' : said || `exit code ${exit.exitCode}`;
  return new LabError(`kubectl failed: ${why}`, {
    code: 'target',
    hint: `look at the pod: ${calls.typed('describe', 'pod', calls.pod.pod)}`,
    details: { argv: [...exit.argv], stderr: exit.stderr },
  });
}

/** The last line of an error, without what kubectl puts before it, and how the command inside ended. */
export function podReason(stderr: string): string {
  const lines = stderr
    .split('\n')
    .filter((line) => !/^command terminated with exit code \d+$/.test(line.trim()));
  return reasonIn(lines.join('\n')).replace(
    /^(Error from server( \(\w+\))?: |error: |Internal error occurred: )+/i,
    '',
  );
}

/** One line for who administers the namespace: a role with what is missing and nothing else, and the user in it. */
function grantRole({ pod }: PodCalls, user: string, verb: string, resource: string): string {
  const name = `lab-capture-${resource.replaceAll('/', '-')}`;
  const [, account] = /^system:serviceaccount:([^:]+:[^:]+)$/.exec(user) ?? [];
  const subject = account === undefined ? `--user=${quoteWord(user)}` : `--serviceaccount=${account}`;
  const create = `kubectl --namespace=${pod.namespace} create`;
  return `have who administers ${pod.namespace} run: ${create} role ${name} --verb=${verb} --resource=${resource} && ${create} rolebinding ${name} --role=${name} ${subject}`;
}
