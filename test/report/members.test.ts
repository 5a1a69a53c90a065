import { readFile, stat } from 'node:fs/promises';
import { expect } from 'chai';
import { type Roster, rosterOf } from '../../lab/analysis/model/roster.js';
import { memberList } from '../../lab/report/page/member-list.js';
import { readMembers, writeMembers } from '../../lab/store/members.js';
import { tempFolder } from '../temp-folder.js';
import { crowdedDiagnosis, scatteredRoster } from './reports.js';

const second = 1e9;

describe('the goroutines of groups', () => {
  it('are sorted by their ids, wherever they were read, with what is known of each', () => {
    const ids = [30, 10, 20, 11, 12];
    const roster = rosterOf(
      {
        size: ids.length,
        kinds: Uint32Array.from([0, 1, 0, 2, 1]),
        ids: Float64Array.from(ids),
        since: Float64Array.from([5 * second, 0, 2 * second, 0, 0]),
        creators: Float64Array.from([0, 7, 0, 0, 8]),
        locked: Uint32Array.from([0, 0, 1, 0, 0]),
      },
      ['S1', 'S2', undefined],
      12.5 * second,
    );
    expect(roster).to.deep.equal([
      { group: 'S1', ids: Float64Array.of(20, 30), waited: Float64Array.of(10, 7), locked: [20] },
      { group: 'S2', ids: Float64Array.of(10, 12), creators: Float64Array.of(7, 8), locked: [] },
    ]);
  });

  it('are sorted too when their ids are as large as they can be', () => {
    const ids = [2 ** 52, 5, 2 ** 51];
    const column = () => new Float64Array(3);
    const columns = { size: 3, kinds: new Uint32Array(3), since: column(), creators: column() };
    const [group] = rosterOf({ ...columns, ids: Float64Array.from(ids), locked: new Uint32Array(3) }, ['S1']);
    expect([...(group?.ids ?? [])]).to.deep.equal([5, 2 ** 51, 2 ** 52]);
  });

  it('come back from the file of the run as they went, many lines a group', async () => {
    await using folder = await tempFolder();
    const roster = scatteredRoster(crowdedDiagnosis(60_000, 40));
    const file = folder.file('members.jsonl');
    await writeMembers(file, roster);
    expect(await readMembers(file)).to.deep.equal(roster);
    expect((await stat(file)).mode & 0o777).to.equal(0o600);
    const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
    expect(lines.length).to.equal(42);
    expect(Math.max(...lines.map((line) => line.length))).to.be.below(300_000);
    expect(await readMembers(folder.file('none'))).to.equal(undefined);
  });

  it('lose columns first, then the last of each group, when there is little room', () => {
    const diagnosis = crowdedDiagnosis(100_000, 500);
    const roster = scatteredRoster(diagnosis);
    const names = diagnosis.groups.map(({ id }) => id);
    const whole = memberList(names, roster, 10_000_000);
    const goroutines = diagnosis.groups.reduce((sum, { count }) => sum + count, 0);
    expect(whole?.list).to.deep.equal({ goroutines, columns: { waited: true, creators: true } });
    const size = whole?.packed.length ?? 0;
    for (const room of [size - 1, Math.round(size * 0.6), 60_000, 5_000]) {
      const { list, packed } = memberList(names, roster, room) ?? {};
      expect(packed?.length).to.be.at.most(room);
      expect(list?.columns.creators).to.equal(false);
      expect(list?.goroutines === goroutines).to.equal(list?.firstOfEach === undefined);
    }
    expect(memberList(names, roster, 10)).to.equal(undefined);
    expect(memberList(names, [] satisfies Roster, 10_000)).to.equal(undefined);
  });
});
