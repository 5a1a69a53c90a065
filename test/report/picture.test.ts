import { expect } from 'chai';
import type { Finding } from '../../lab/analysis/model/diagnosis.js';
import { cyclesOf } from '../../lab/report/page/cycles.js';
import { foldGraph } from '../../lab/report/page/fold-graph.js';
import { drawGraph } from '../../lab/report/page/graph.js';
import { diagnosisSvg } from '../../lab/report/page/svg.js';
import { articleDiagnosis } from '../checklist/article.js';
import { diagnosisLike } from '../fakes/diagnosis.js';
import { pictureFaults, picturesOf } from './picture-faults.js';
import { scenarioDiagnoses } from './scenario-diagnoses.js';

const article = articleDiagnosis();
const finding = article.findings[0] as Finding;

describe('the picture of a root cause', () => {
  it('has goroutines, objects and the victims as one node, inside its frame', async () => {
    const picture = await drawGraph(finding, article);
    expect(picture?.edges.map(({ from, to, label }) => `${from} ${label} ${to}`)).to.deep.equal([
      'G20 waits to send R1',
      'R1 would receive G20',
      'V wait R1',
    ]);
    for (const { x, y, width, height } of picture?.nodes ?? []) {
      expect(x - width / 2).to.be.at.least(-1);
      expect(y - height / 2).to.be.at.least(-1);
      expect(x + width / 2).to.be.at.most((picture?.width ?? 0) + 1);
      expect(y + height / 2).to.be.at.most((picture?.height ?? 0) + 1);
    }
    for (const { path, tip, labelAt } of picture?.edges ?? []) {
      expect(path).to.match(/^M[\d.,-]+C/);
      expect(tip).to.match(/^M.*Z$/);
      expect(labelAt).to.not.equal(undefined);
    }
  });

  it('folds goroutines of one group that wait for objects alike', () => {
    const [goroutine] = finding.rootCause.goroutines;
    const [resource] = finding.rootCause.resources;
    if (goroutine === undefined || resource === undefined) throw new Error('the article has both');
    const ids = [1, 2, 3];
    const graph = foldGraph(
      {
        rootCause: {
          goroutines: ids.map((id) => ({ ...goroutine, id, waitsFor: [`R${id}`] })),
          resources: ids.map((id) => ({ ...resource, id: `R${id}`, address: `0x${id}` })),
          edges: [{ from: 'S7', to: 'R1', relation: 'waits-for', inferred: false, evidence: ['E1'] }],
        },
      },
      article.groups.map((group) => ({ ...group, id: 'S7', exampleIds: ids })),
    );
    expect(graph.nodes.map(({ id, members }) => [id, ...members])).to.deep.equal([
      ['S7', 'G1', 'G2', 'G3'],
      ['R1', 'R1', 'R2', 'R3'],
    ]);
    expect(graph.edges).to.deep.equal([
      { from: 'S7', to: 'R1', relation: 'waits-for', inferred: false, evidence: ['E1'] },
    ]);
  });
});

describe('the pictures of the scenarios', () => {
  for (const [name, diagnosis] of scenarioDiagnoses) {
    it(`of ${name}: victims wait for the object that their edge leads to, and are not more than its waiters`, async () => {
      expect(await pictureFaults(diagnosis)).to.deep.equal([]);
    });
  }

  it('have a fault where victims are drawn at an object that they do not wait for', async () => {
    const diagnosis = scenarioDiagnoses.get('shop');
    if (diagnosis === undefined) throw new Error('no diagnosis of shop');
    const objects = (diagnosis.objects ?? []).map((one) => ({ ...one, waiting: 1, groups: ['S99'] }));
    const pictures = await picturesOf(diagnosis);
    expect(await pictureFaults({ ...diagnosis, objects }, pictures)).to.not.deep.equal([]);
  });

  it('show a read-write lock once, who reads and writes on its edges, and who is only queued first', async () => {
    const diagnosis = scenarioDiagnoses.get('catalog');
    if (diagnosis === undefined) throw new Error('no diagnosis of catalog');
    const [picture] = await picturesOf(diagnosis);
    const kinds = picture?.nodes.map(({ kind }) => kind);
    expect(kinds).to.deep.equal(['goroutine', 'goroutine', 'object', 'victims']);
    const [reader, writer, lock, victims] = picture?.nodes.map(({ id }) => id) ?? [];
    expect(picture?.edges.map((one) => `${one.from} ${one.label} ${one.to} ${one.relation}`)).to.have.members(
      [
        `${reader} waits to read ${lock} waits-for`,
        `${writer} waits to write ${lock} waits-for`,
        `${lock} read-held by ${reader} held-by`,
        `${lock} queued behind ${writer} queued-behind`,
        `${victims} wait ${lock} waits-for`,
      ],
    );
  });

  it('show a pool that waits for itself as two nodes, and not each of its waiters with each holder', async () => {
    for (const name of ['payments', 'orders']) {
      const diagnosis = scenarioDiagnoses.get(name);
      if (diagnosis === undefined) throw new Error(`no diagnosis of ${name}`);
      const [picture] = await picturesOf(diagnosis);
      const [goroutines, object] = picture?.nodes ?? [];
      expect(goroutines?.lines[0], name).to.equal('4 goroutines');
      expect(object?.lines[0], name).to.match(/^4 × (?:sql\.DB\.connRequests|pgxpool\.Pool)$/);
      expect(picture?.edges.filter(({ cycle }) => cycle)).to.have.length(2);
      expect(picture?.caption, name).to.match(
        /^Each of 4 goroutines selects on a \S+ of its own, held by these 4\./,
      );
    }
  });

  it('count what is there, where a root cause lists the first, and keep a ring as it is', async () => {
    const firstLines = async (name: string): Promise<(string | undefined)[]> => {
      const diagnosis = scenarioDiagnoses.get(name);
      const [picture] = diagnosis === undefined ? [] : await picturesOf(diagnosis);
      return picture?.nodes.map(({ lines }) => lines[0]) ?? [];
    };
    expect(await firstLines('ledger')).to.deep.equal(['23 goroutines', '23 × sql.DB.connRequests']);
    expect(await firstLines('search')).to.deep.equal([
      '80 goroutines',
      '30 or more × main.(*Search).First.answers',
    ]);
    expect((await firstLines('ring')).filter((line) => line?.startsWith('goroutine '))).to.have.length(3);
    expect((await firstLines('transfer')).filter((line) => line === 'main.Account.mu')).to.have.length(2);
  });

  it('become a file of their own, which shows everything and obeys nothing that a core has named', async () => {
    const catalog = JSON.stringify(scenarioDiagnoses.get('catalog')).replaceAll(
      'Catalog.mu',
      'Catalog.<mu>&',
    );
    const svg = await diagnosisSvg(JSON.parse(catalog));
    expect(svg).to.match(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    expect(svg).to.include('Catalog.&lt;mu&gt;&amp;').and.to.not.include('<mu>');
    expect(svg?.match(/class="edge [\w-]*queued-behind/g)).to.have.length(1);
    expect(svg?.match(/<rect /g)).to.have.length(5);
    expect(await diagnosisSvg(diagnosisLike({}))).to.equal(undefined);
  });
});

describe('the cycles of a graph', () => {
  it('are what one comes back to, and neither what leads there nor what leads away', () => {
    const ids = ['a', 'b', 'c', 'd'];
    const { nodes, edges } = cyclesOf({
      nodes: ids.map((id) => ({ id })),
      edges: ['ab', 'bc', 'cb', 'cd'].map(([from = '', to = '']) => ({ from, to })),
    });
    expect(nodes.filter(({ cycle }) => cycle).map(({ id }) => id)).to.deep.equal(['b', 'c']);
    expect(edges.filter(({ cycle }) => cycle).map(({ from, to }) => from + to)).to.deep.equal(['bc', 'cb']);
  });
});
