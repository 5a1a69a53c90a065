import { createHmac, randomInt } from 'node:crypto';
import type { Lesson } from './read-lessons.js';
import type { Session } from './session.js';

/**
 * The program that a participant has in a lesson, drawn when it is asked for first. The session's file lies beside the folders in which
 * a participant works: of a blind exercise it does not name the program.
 */
export async function drawnScenario(
  { name, scenario, blind }: Pick<Lesson, 'name' | 'scenario' | 'blind'>,
  session: Session,
): Promise<string> {
  const { token, scenarios } = session.record;
  const note = (one: string): string =>
    blind ? createHmac('sha256', token).update(`${name}/${one}`).digest('base64url').slice(0, 16) : one;
  const noted = scenarios[name];
  // Older sessions have names.
  const drawn = scenario.find((one) => noted === one || noted === note(one));
  if (drawn !== undefined) return drawn;
  const chosen = scenario[randomInt(scenario.length)] ?? '';
  await session.save({ scenarios: { ...scenarios, [name]: note(chosen) } });
  return chosen;
}
