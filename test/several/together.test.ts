import { expect } from 'chai';
import { type Diagnosis, diagnosisSchema } from '../../lab/analysis/model/diagnosis.js';
import { drawGraph } from '../../lab/report/page/graph.js';
import { diagnosisText } from '../../lab/report/screen/full-text.js';
import { diagnoseTogether } from '../../lab/several/together.js';
import { diagnosisLike } from '../fakes/diagnosis.js';
import { plainScreen } from '../fakes/screen.js';
import { scenarioDiagnoses } from '../report/scenario-diagnoses.js';

const blog = scenarioDiagnoses.get('blog') as Diagnosis;
const feed = scenarioDiagnoses.get('feed') as Diagnosis;
const looked = (name: string, diagnosis: Diagnosis) => ({ name, pid: 7, taken: undefined, diagnosis });

/** The same with another value that is sent, and other addresses. */
function elsewhere(diagnosis: Diagnosis): Diagnosis {
  const text = JSON.stringify(diagnosis).replaceAll('0xc000', '0xc001');
  const copy = diagnosisSchema.parse(JSON.parse(text));
  for (const one of copy.findings.flatMap(({ evidence }) => evidence))
    one.text = one.text.replace(/^The value it is sending: .*/s, 'The value it is sending: another');
  for (const one of copy.findings) one.victims.goroutines += 5;
  return copy;
}

describe('several processes together', () => {
  it('are drawn with all edges that one of them alone has, and with the name of the process', async () => {
    const [own] = blog.findings;
    const together = diagnoseTogether([looked('core.1', blog), looked('core.2', elsewhere(blog))]);
    const [finding] = together.findings;
    if (own === undefined || finding === undefined) throw new Error('blog has a finding');
    const [alone, drawn] = await Promise.all([drawGraph(own, blog), drawGraph(finding, together)]);
    const labels = drawn?.edges.map(({ label }) => label);
    expect(labels)
      .to.include('would receive')
      .and.to.deep.equal(alone?.edges.map(({ label }) => label));
    expect(drawn?.nodes.map(({ lines }) => lines[0]).join('\n')).to.match(/^I1: goroutine \d+$/m);
  });

  it('show a root cause once, with who shows it and what differs', () => {
    const none = diagnosisLike({ verdict: 'none' });
    const diagnosis = diagnoseTogether([
      looked('core.1', blog),
      looked('core.2', none),
      looked('core.3', elsewhere(blog)),
    ]);
    expect(() => diagnosisSchema.parse(diagnosis)).to.not.throw();
    expect(diagnosis.verdict).to.equal('deadlock');
    expect(diagnosis.summary).to.match(/^2 of 3 processes, I1 among them: Goroutine \d+/);
    const [finding, ...more] = diagnosis.findings;
    expect(more).to.deep.equal([]);
    expect(finding?.instances?.map(({ instance }) => instance)).to.deep.equal(['I1', 'I3']);
    const victims = blog.findings[0]?.victims.goroutines ?? 0;
    expect(finding?.victims.goroutines).to.equal(2 * victims + 5);
    const what = finding?.differs?.map(({ what: name }) => name) ?? [];
    expect(what).to.include.members(['the value it is sending', 'goroutines behind it']);
    // Names of all lists lead to the process.
    const ids = new Set(diagnosis.groups.map(({ id }) => id));
    expect(ids.size).to.equal(diagnosis.groups.length);
    for (const id of finding?.victims.groups ?? []) expect(ids.has(id), id).to.equal(true);
  });

  it('show different causes apart, what is sure first', () => {
    const { findings } = diagnoseTogether([looked('core.1', feed), looked('core.2', blog)]);
    expect(findings.map(({ rule }) => rule)).to.have.members(['channel-lock', 'self-blocked-consumer']);
    expect(findings.map(({ id }) => id)).to.deep.equal(['F1', 'F2']);
  });

  it('have no verdict where one of them has none', () => {
    const open = diagnosisLike({ verdict: 'unknown' });
    const verdict = (...all: readonly Diagnosis[]) =>
      diagnoseTogether(all.map((one) => looked('core', one))).verdict;
    expect(verdict(diagnosisLike({}), diagnosisLike({}))).to.equal('none');
    expect(verdict(diagnosisLike({}), open)).to.equal('unknown');
    expect(verdict(open, blog)).to.equal('deadlock');
  });

  it('are told on the screen that one process has, each in a line', () => {
    const text = diagnosisText(
      diagnoseTogether([looked('core.1', blog), looked('core.3', elsewhere(blog))]),
      { ...plainScreen, sources: undefined },
      { proof: true },
    );
    expect(text).to.match(/^deadlock\[self-blocked-consumer\]: goroutine \d+ waits for itself/);
    expect(text).to.match(/^ {2}I1 core\.1, pid 7: [\w\s;,]*F1: G\d+/m);
    expect(text).to.match(/^differs {2}F1$/m);
    expect(text).to.match(/I2 another/);
  });
});
