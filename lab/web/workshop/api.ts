import type { LiveEvent } from '../../workshop/live.js';
import type { PageView, Verb, WorkbookView } from '../../workshop/view.js';

export interface Asked {
  readonly lesson: string;
  readonly step: string;
  readonly verb: Verb;
  readonly answers?: Readonly<Record<string, string>>;
}

/** Asks the lab to do something and returns the state after it; throws with what the lab says when it did not. */
export async function ask(asked: Asked): Promise<WorkbookView> {
  return (await fetchJson('/api/ask', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(asked),
  })) as WorkbookView;
}

export async function readState(): Promise<PageView> {
  return (await fetchJson('/api/state')) as PageView;
}

async function fetchJson(path: string, init?: RequestInit): Promise<unknown> {
  const response = await fetch(path, init).catch(() => {
    throw new Error('The workbook does not answer. Is `npx lab workshop` still running in its terminal?');
  });
  const body: unknown = await response.json();
  if (response.ok) return body;
  const { message, hint } = (body as { error: { message: string; hint?: string } }).error;
  throw new Error(hint === undefined ? message : `${message}. Do: ${hint}`);
}

/** Listens to what happens until the returned function is called; `onBreak` hears of a connection that was lost. */
export function listen(onEvent: (event: LiveEvent) => void, onBreak: (broken: boolean) => void): () => void {
  const source = new EventSource('/api/events');
  source.onmessage = ({ data }) => onEvent(JSON.parse(String(data)) as LiveEvent);
  source.onerror = () => onBreak(true);
  source.onopen = () => onBreak(false);
  return () => source.close();
}
