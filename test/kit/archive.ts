import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { type Header, pack } from 'tar-stream';

export type Entry = Partial<Header> & { readonly name: string; readonly text?: string };

export const describedFile = (path: string, text: string) => ({
  ...{ path, size: Buffer.byteLength(text), mode: 0o600, mtimeMs: 1_600_000_000_000 },
  sha256: createHash('sha256').update(text).digest('hex'),
});

export const kitManifest = (files: readonly object[], more: object = {}) =>
  JSON.stringify({
    ...{
      schema: 'lab.kit/1',
      name: 'a-run',
      created: '2026-11-23T10:00:00.000Z',
      scenario: 'blog',
      fixed: false,
    },
    ...{ verdict: 'deadlock', buildId: 'x', versions: { go: '1.26.8', delve: '1.27.2', lab: '0.1.0' } },
    ...{ core: { kind: 'whole', size: 1 }, files, leftOut: [], lesson: null, ...more },
  });

/** A gzipped tar of these entries, in this order. */
export async function archive(entries: readonly Entry[]): Promise<Buffer> {
  const tar = pack();
  for (const { text = '', ...header } of entries) {
    if (header.type === undefined || header.type === 'file') tar.entry(header, text);
    else tar.entry(header);
  }
  tar.finalize();
  const parts: Buffer[] = [];
  for await (const part of tar) if (Buffer.isBuffer(part)) parts.push(part);
  return gzipSync(Buffer.concat(parts));
}
