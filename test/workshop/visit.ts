import { expect } from 'chai';
import type { LessonView, WorkbookView } from '../../lab/workshop/view.js';
import type { WorkshopProcess } from './workshop-process.js';

/** The lesson that the visitors are at. */
export const lesson = '01-article';

/** What a page of the workbook can do, without a page. */
export async function visit({ link, url }: WorkshopProcess, of = lesson) {
  const opened = await fetch(link, { redirect: 'manual' });
  const [cookie = ''] = (opened.headers.get('set-cookie') ?? '').split(';');
  const origin = url.slice(0, -1);
  const state = async (): Promise<WorkbookView> =>
    JSON.parse(await (await fetch(`${url}api/state`, { headers: { cookie } })).text());
  return {
    cookie,
    state,
    async ask(step: string, verb: string, answers?: Readonly<Record<string, string>>): Promise<WorkbookView> {
      const headers = { cookie, origin, 'content-type': 'application/json' };
      const body = JSON.stringify({ lesson: of, step, verb, ...(answers === undefined ? {} : { answers }) });
      const answer = await fetch(`${url}api/ask`, { method: 'POST', headers, body });
      const text = await answer.text();
      expect(answer.status, text).to.equal(200);
      return JSON.parse(text);
    },
  };
}

export function stepOf(view: WorkbookView, id: string, of = lesson): LessonView['steps'][number] | undefined {
  return view.lessons.find(({ name }) => name === of)?.steps.find((step) => step.id === id);
}
