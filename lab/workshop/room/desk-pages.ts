import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { type ClassView, type ClockVerb, clockVerbs } from '../desk/class-view.js';
import { classCsv } from '../desk/csv.js';
import { type PageFiles, pageHtml } from '../server/page.js';
import type { Desk } from './front.js';
import { fail, send } from './respond.js';

export interface DeskOptions {
  readonly token: string;
  readonly files: PageFiles;
  readonly view: () => Promise<ClassView>;
  readonly clock: (verb: ClockVerb) => Promise<void>;
}

const clockSchema = z.strictObject({ verb: z.enum(clockVerbs) });
const maxBodyBytes = 1_024;

/** The teacher's page, what it asks for, and the grid as a file. */
export function openDesk({ token, files, view, clock }: DeskOptions): Desk {
  return {
    token,
    async answer(request, response, { path, nonce }) {
      switch (`${request.method} ${path}`) {
        case 'GET ':
          send(response, 200, 'text/html; charset=utf-8', pageHtml(await view(), nonce, '/desk/'));
          return true;
        case 'GET page.js':
          send(response, 200, 'text/javascript; charset=utf-8', files.script);
          return true;
        case 'GET page.css':
          send(response, 200, 'text/css; charset=utf-8', files.style);
          return true;
        case 'GET api/state':
          send(response, 200, 'application/json', JSON.stringify(await view()));
          return true;
        case 'GET class.csv': {
          const now = await view();
          response.setHeader(
            'content-disposition',
            `attachment; filename="class-${now.at.slice(0, 10)}.csv"`,
          );
          send(response, 200, 'text/csv; charset=utf-8', classCsv(now));
          return true;
        }
        case 'POST api/clock':
          await setClock(request, response);
          return true;
        default:
          return false;
      }
    },
  };

  async function setClock(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked = clockSchema.safeParse(await smallJson(request));
    if (!asked.success) return fail(response, 400, 'the clock begins or stops');
    await clock(asked.data.verb);
    send(response, 200, 'application/json', JSON.stringify(await view()));
  }
}

/** `undefined` for what is too long or no JSON. */
async function smallJson(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > maxBodyBytes) return undefined;
  }
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
