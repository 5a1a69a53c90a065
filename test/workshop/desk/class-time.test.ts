import { expect } from 'chai';
import fc from 'fast-check';
import type { Standing, StepStanding } from '../../../lab/workshop/desk/class-view.js';
import { classCsv } from '../../../lab/workshop/desk/csv.js';
import { paceOf } from '../../../lab/workshop/desk/pace.js';
import { columnsOf, planOf } from '../../../lab/workshop/desk/plan.js';
import { readLessons } from '../../../lab/workshop/read-lessons.js';

const steps = ['a', 'b', 'c'].map((id) => ({ id, title: `Step ${id}`, minutes: 5 }));
const lessons = [
  { name: 'one', title: 'One', goal: '', minutes: 15, steps },
  { name: 'two', title: 'Two', goal: '', minutes: 15, steps },
];
const start = Date.parse('2026-03-02T09:00:00Z');
const at = (minute: number): string => new Date(start + minute * 60_000).toISOString();
const met = (from: number, to: number): StepStanding => ({
  state: 'met',
  hints: 0,
  beganAt: at(from),
  metAt: at(to),
});
const tried = (from: number): StepStanding => ({ state: 'tried', hints: 2, beganAt: at(from) });

function standing(one: Readonly<Record<string, StepStanding>>, two: typeof one = {}): Standing {
  return { name: 'ada', host: 'desk', at: at(0), lessons: { one, two } };
}

describe('the time of a class', () => {
  it('adds up, whatever the lessons take', () => {
    const minutes = fc.integer({ min: 1, max: 200 });
    fc.assert(
      fc.property(fc.array(minutes, { maxLength: 9 }), fc.integer({ min: 30, max: 300 }), (all, total) => {
        const given = all.map((minutes, i) => ({ name: `l${i}`, title: `L${i}`, minutes }));
        const plan = planOf(given, total);
        let end = 0;
        for (const { from, to } of plan.blocks) {
          expect(from).to.equal(end);
          expect(to).to.be.above(from);
          end = to;
        }
        expect(end).to.equal(plan.minutes);
        expect(plan.blocks.filter(({ kind }) => kind === 'break')).to.have.length(1);
        const planned = plan.blocks.filter(({ kind }) => kind === 'lesson').length;
        expect(planned + plan.atHome.length).to.equal(all.length);
      }),
    );
  });

  it('is 120 minutes of our own lessons, with a break between two of them', async () => {
    const plan = planOf(columnsOf(await readLessons()));
    expect(plan.minutes).to.equal(120);
    const kinds = plan.blocks.map(({ kind }) => kind);
    const at = kinds.indexOf('break');
    expect([kinds[at - 1], kinds[at + 1], kinds.at(-1)]).to.deep.equal(['lesson', 'lesson', 'talk']);
  });

  it('calls stuck who has reached nothing for eight minutes, and nobody else', () => {
    const plan = planOf(lessons, 120);
    const pace = (one: Standing, minute: number) => paceOf(one, lessons, { now: new Date(at(minute)), plan });
    expect(pace(standing({}), 50)).to.deep.equal({ kind: 'away' });
    const ada = standing({ a: met(0, 3), b: tried(4) });
    expect(pace(ada, 11)).to.deep.equal({ kind: 'going', lesson: 'one', step: 'b', minutes: 7 });
    expect(pace(ada, 12)).to.deep.equal({ kind: 'stuck', lesson: 'one', step: 'b', minutes: 8 });
    // A step that is done, and the next one not yet looked at.
    expect(pace(standing({ a: met(0, 3) }), 12)).to.include({ kind: 'stuck', step: 'b', minutes: 9 });
    const done = { a: met(0, 1), b: met(1, 2), c: met(2, 3) };
    expect(pace(standing(done), 60)).to.deep.equal({ kind: 'done', lesson: 'one' });
    expect(pace(standing(done, { a: tried(59) }), 60)).to.include({
      kind: 'going',
      lesson: 'two',
      minutes: 1,
    });
  });

  it('does not count the break', () => {
    const plan = planOf(lessons, 45);
    const pause = plan.blocks.find(({ kind }) => kind === 'break');
    expect([pause?.from, pause?.to]).to.deep.equal([15, 25]);
    const time = { now: new Date(at(27)), beganAt: new Date(start), plan };
    const ada = standing({ a: tried(13) });
    expect(paceOf(ada, lessons, time)).to.include({ kind: 'going', minutes: 4 });
    expect(paceOf(ada, lessons, { now: time.now, plan })).to.include({ kind: 'stuck', minutes: 14 });
  });

  it('is exported as CSV that a spreadsheet takes for text', () => {
    const odd = [{ ...lessons[0], steps: [{ id: 'a', title: '=HYPERLINK("x"), or not', minutes: 5 }] }];
    const seat = { ...standing({ a: met(0, 3) }), pace: { kind: 'away' as const } };
    const [head, row, end] = classCsv({ lessons: odd as typeof lessons, seats: [seat] }).split('\r\n');
    expect(head).to.equal('name,host,lesson,step,title,state,hints,began_at,met_at,minutes');
    expect(row).to.equal(
      `ada,desk,one,a,"'=HYPERLINK(""x""), or not",met,0,2026-03-02T09:00:00.000Z,2026-03-02T09:03:00.000Z,3.0`,
    );
    expect(end).to.equal('');
  });
});
