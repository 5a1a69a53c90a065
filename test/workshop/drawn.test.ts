import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { drawnScenario } from '../../lab/workshop/drawn.js';
import { readLessons } from '../../lab/workshop/read-lessons.js';
import { openSession } from '../../lab/workshop/session.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';

describe('the program that is drawn for a participant', () => {
  let folder: TempFolder;
  before(async () => {
    folder = await tempFolder();
  });
  after(async () => {
    await folder[Symbol.asyncDispose]();
  });

  it('stays the same, and is not named beside the folder of a blind exercise', async () => {
    const blind = (await readLessons()).filter((lesson) => lesson.blind);
    expect(blind).to.have.length.above(1);
    const session = await openSession(folder.path, 'ada');
    const drawn = new Map<string, string>();
    for (const lesson of blind) drawn.set(lesson.name, await drawnScenario(lesson, session));
    const text = await readFile(join(session.dir, 'session.json'), 'utf8');
    const again = await openSession(folder.path, 'ada');
    for (const lesson of blind) {
      expect(lesson.scenario.filter((one) => new RegExp(`\\b${one}\\b`).test(text))).to.deep.equal([]);
      for (let i = 0; i < 5; i++) expect(await drawnScenario(lesson, again)).to.equal(drawn.get(lesson.name));
    }
  });

  it('is taken by its name where the session has it so', async () => {
    const session = await openSession(folder.path, 'bea');
    const lesson = { name: '05-x', scenario: ['gossip', 'depot', 'shop'], blind: true };
    await session.save({ scenarios: { '05-x': 'depot' } });
    expect(await drawnScenario(lesson, session)).to.equal('depot');
  });
});
