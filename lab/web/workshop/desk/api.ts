import type { ClassView, ClockVerb } from '../../../workshop/desk/class-view.js';

/** The class as it is now; throws where the lab does not answer. */
export async function readClass(): Promise<ClassView> {
  return (await (await answered(fetch('/desk/api/state'))).json()) as ClassView;
}

export async function setClock(verb: ClockVerb): Promise<ClassView> {
  const asked = fetch('/desk/api/clock', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ verb }),
  });
  return (await (await answered(asked)).json()) as ClassView;
}

async function answered(asked: Promise<Response>): Promise<Response> {
  const response = await asked;
  if (!response.ok) throw new Error(`the lab answers with ${response.status}`);
  return response;
}
