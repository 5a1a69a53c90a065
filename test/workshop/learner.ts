import { poll } from '../../lab/deadline.js';
import type { WorkbookView } from '../../lab/workshop/view.js';

/** Who comes by a link, as a browser does, and uses what a page of the workbook uses. */
export interface Learner {
  readonly cookie: string;
  get(path: string): Promise<Response>;
  state(): Promise<WorkbookView>;
  /** Throws with what the lab says where it does not do it. */
  ask(
    lesson: string,
    step: string,
    verb: string,
    answers?: Readonly<Record<string, string>>,
  ): Promise<WorkbookView>;
}

export async function comeBy(link: string): Promise<Learner> {
  const { origin } = new URL(link);
  const { signal } = new AbortController();
  const opened = await fetch(link, { redirect: 'manual' });
  const [cookie = ''] = (opened.headers.get('set-cookie') ?? '').split(';');
  const get = (path: string) => fetch(`${origin}${path}`, { headers: { cookie } });
  const state = async (): Promise<WorkbookView> => JSON.parse(await (await get('/api/state')).text());
  /** A page shows that something goes on, and hears when it is over. */
  const settled = async (answered: WorkbookView): Promise<WorkbookView> => {
    if (answered.busy === undefined) return answered;
    const look = async () => {
      const now = await state();
      return now.busy === undefined ? now : undefined;
    };
    const seen = await poll(look, { signal, deadlineMs: 1_200_000, everyMs: 1_000 });
    if (seen?.trouble !== undefined) throw new Error(seen.trouble.text);
    return seen ?? answered;
  };
  return {
    ...{ cookie, get, state },
    async ask(lesson, step, verb, answers) {
      const answer = await fetch(`${origin}/api/ask`, {
        method: 'POST',
        headers: { cookie, origin, 'content-type': 'application/json' },
        body: JSON.stringify({ lesson, step, verb, ...(answers === undefined ? {} : { answers }) }),
      });
      const text = await answer.text();
      if (answer.status !== 200) throw new Error(`${step} ${verb}: ${answer.status} ${text}`);
      return await settled(JSON.parse(text));
    },
  };
}

export interface Walk {
  /** Seconds of each step, in order. */
  readonly seconds: Readonly<Record<string, number>>;
  /** Steps that took more than one go, by how many. */
  readonly again: Readonly<Record<string, number>>;
}

/** How often a step is tried. */
const goes = 30;

/** Goes through a lesson up to a step, or all of it, step by step, each done by the lab; a load that a service bears is put on again, as a person does. */
export async function walkLesson(learner: Learner, name: string, last?: string): Promise<Walk> {
  const find = ({ lessons }: WorkbookView) => lessons.find((lesson) => lesson.name === name)?.steps ?? [];
  const seconds: Record<string, number> = {};
  const again: Record<string, number> = {};
  const steps = find(await learner.state());
  const end = last === undefined ? steps.length : steps.findIndex(({ id }) => id === last) + 1;
  for (const { id, setup } of steps.slice(0, end)) {
    const began = performance.now();
    if (setup === 'open') await learner.ask(name, id, 'prepare');
    let told = '';
    let met = false;
    for (let go = 1; !met && go <= goes; go++) {
      if (go > 1) again[id] = go - 1;
      try {
        const step = find(await learner.ask(name, id, 'solve')).find((one) => one.id === id);
        met = step?.met === true;
        told = step?.seen?.text ?? '';
      } catch (error) {
        told = String(error);
      }
    }
    if (!met) throw new Error(`${id} was not met: ${told}`);
    seconds[id] = (performance.now() - began) / 1_000;
  }
  return { seconds, again };
}
