import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Engine } from '../engine.js';
import { corePage } from './core-page.js';

/** `/core/LESSON` shows the core of a lesson that was taken before the class, `/core/LESSON.tar.gz` is all of it. */
export async function answerCore(
  engine: Pick<Engine, 'keptFor'>,
  path: string,
  response: ServerResponse,
): Promise<boolean> {
  const asked = /^\/core\/([\w.-]+?)(\.tar\.gz)?$/.exec(path);
  const found = asked === null ? undefined : await engine.keptFor(asked[1] ?? '');
  if (found === undefined) return false;
  const { title, kept } = found;
  if (asked?.[2] === undefined) {
    const html = await corePage(title, kept, `${path}.tar.gz`);
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(html);
    return true;
  }
  const { size } = await stat(kept.archive);
  response.writeHead(200, {
    ...{ 'content-type': 'application/gzip', 'content-length': size },
    'content-disposition': `attachment; filename="${basename(kept.archive)}"`,
  });
  await pipeline(createReadStream(kept.archive), response);
  return true;
}
