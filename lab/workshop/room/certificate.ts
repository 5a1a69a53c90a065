import { X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, readFile, rename, rm } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { LabError, messageOf } from '../../errors.js';
import { makeFolder } from '../../make-folder.js';
import { localTarget } from '../../targets/local.js';

export interface Certificate {
  readonly cert: Buffer;
  readonly key: Buffer;
  /** SHA-256, as browsers show it. */
  readonly fingerprint: string;
  /** When it ends, ISO 8601. */
  readonly until: string;
}

const organisation = 'go-deadlock-lab workshop';
const days = 30;

/**
 * The certificate in `cert.pem` and `key.pem` of a folder, for these names and addresses. Where there is none, or one that
 * an earlier workshop made and that does not fit any longer, one is made that signs itself; a school's own is left as it
 * is. Throws `missing-tool` without openssl, `usage` for files that are no certificate.
 */
export async function certificateFor(
  folder: string,
  names: readonly string[],
  signal: AbortSignal,
): Promise<Certificate> {
  await makeFolder(folder, 0o700);
  const files = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
  const kept = existsSync(files.cert) && existsSync(files.key) ? await read(files) : undefined;
  if (kept !== undefined && (!kept.ours || fits(kept.parsed, names))) return kept.certificate;
  await make(files, names, signal);
  return (await read(files)).certificate;
}

async function read(files: { readonly cert: string; readonly key: string }) {
  const [cert, key] = await Promise.all([readFile(files.cert), readFile(files.key)]);
  try {
    const parsed = new X509Certificate(cert);
    const until = new Date(parsed.validTo).toISOString();
    return {
      parsed,
      ours: parsed.subject.includes(organisation),
      certificate: { cert, key, fingerprint: parsed.fingerprint256, until },
    };
  } catch (cause) {
    throw new LabError(`${files.cert} is no certificate: ${messageOf(cause)}`, {
      code: 'usage',
      hint: 'put one in PEM there, or remove the file: one that signs itself is made',
      cause,
    });
  }
}

function fits(certificate: X509Certificate, names: readonly string[]): boolean {
  const lasts = Date.parse(certificate.validTo) > Date.now() + 24 * 3_600_000;
  const covers = names.every((name) =>
    isIP(name) > 0 ? certificate.checkIP(name) !== undefined : certificate.checkHost(name) !== undefined,
  );
  return lasts && covers;
}

async function make(
  files: { readonly cert: string; readonly key: string },
  names: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const half = { cert: `${files.cert}.new`, key: `${files.key}.new` };
  const alternatives = names.map((name) => `${isIP(name) > 0 ? 'IP' : 'DNS'}:${name}`).join(',');
  const argv = [
    ...['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
    ...['-days', String(days), '-subj', `/O=${organisation}/CN=${names[0]}`],
    ...['-addext', `subjectAltName=${alternatives}`, '-keyout', half.key, '-out', half.cert],
  ];
  try {
    const { exitCode, stderr } = await localTarget().exec(argv, { signal });
    if (exitCode !== 0) {
      throw new LabError(`openssl made no certificate: ${stderr.trim().split('\n').at(-1)}`, {
        code: 'target',
        hint: `put one of your own there: ${files.cert} and ${files.key}`,
      });
    }
    await chmod(half.key, 0o600);
    await rename(half.key, files.key);
    await rename(half.cert, files.cert);
  } catch (error) {
    if (!(error instanceof LabError) || error.code !== 'missing-tool') throw error;
    throw new LabError('openssl, which makes the certificate, is not installed', {
      code: 'missing-tool',
      hint: `sudo apt-get install openssl, or put a certificate of your own there: ${files.cert} and ${files.key}`,
      cause: error,
    });
  } finally {
    for (const file of Object.values(half)) await rm(file, { force: true });
  }
}
