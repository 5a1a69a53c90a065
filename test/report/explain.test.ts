import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { rules } from '../../lab/analysis/rules/index.js';
import { projectRoot } from '../../lab/paths.js';
import { explainedRules, explainRule } from '../../lab/report/explain/rule.js';
import { explainSubject, type SubjectExplanation } from '../../lab/report/explain/subject.js';
import { ruleText, subjectText } from '../../lab/report/explain/text.js';
import { columnsIn } from '../../lab/report/wrap.js';
import { acrossRule } from '../../lab/several/across-finding.js';
import { plainScreen } from '../fakes/screen.js';
import { scenarioDiagnoses } from './scenario-diagnoses.js';

const diagnosisOf = (name: string) => {
  const found = scenarioDiagnoses.get(name);
  if (found === undefined) throw new Error(`no diagnosis of ${name}`);
  return found;
};

describe('the explanation of a rule', () => {
  it('is there for each rule, in the words of the docs, with the scenarios that show it', async () => {
    expect(await explainedRules()).to.have.members([...rules.map(({ name }) => name), acrossRule]);
    const shown: string[] = [];
    for (const name of [...rules.map((rule) => rule.name), acrossRule]) {
      const told = await explainRule(name);
      expect(told?.finds, name).to.match(/\w+ \w+/);
      expect(told?.classes[0], name).to.match(/^(?:any|[a-z]+\/[a-z-]+)$/);
      for (const { scenario, story, lookFor, fix, page } of told?.examples ?? []) {
        shown.push(scenario);
        expect(existsSync(join(projectRoot, page)), page).to.equal(true);
        for (const part of [story, lookFor, fix]) expect(part, scenario).to.have.length.above(60);
      }
    }
    const pages = readdirSync(join(projectRoot, 'docs/scenarios')).map((file) => file.replace('.md', ''));
    expect([...new Set(shown)]).to.have.members(pages);
    expect(await explainRule('no-such-rule')).to.equal(undefined);
  });

  it('names the rule that found each scenario', async () => {
    for (const [name, { findings }] of scenarioDiagnoses) {
      const told = await explainRule(findings[0]?.rule ?? '');
      expect(
        told?.examples.map(({ scenario }) => scenario),
        name,
      ).to.include(name);
    }
  });

  it('fits the terminal, code left whole', async () => {
    const told = await explainRule('read-write-read');
    if (told === undefined) throw new Error('no explanation');
    for (const columns of [40, 80]) {
      const text = ruleText(told, { ...plainScreen, columns });
      expect(text)
        .to.match(/^read-write-read {2}resource\/rwr\n/)
        .and.to.include('\n      cents, ok := c.price(line.SKU)\n')
        .and.to.include('docs/scenarios/permissions.md');
      const wide = text.split('\n').filter((line) => columnsIn(line) > columns && !/^ {6}|docs\//.test(line));
      expect(wide).to.deep.equal([]);
    }
  });
});

describe('the explanation of a part of a core', () => {
  const explained = (name: string, what: string): SubjectExplanation => {
    const told = explainSubject(diagnosisOf(name), what);
    if (told === undefined) throw new Error(`nothing is told of ${what}`);
    return told;
  };

  it('is of a goroutine what it waits for, who could end that, what it holds and who waits for it', () => {
    const [holder] =
      diagnosisOf('feed').findings[0]?.rootCause.edges.filter((e) => e.relation === 'held-by') ?? [];
    const told = explained('feed', holder?.to ?? '');
    expect(told).to.include({ kind: 'goroutine', waitReason: 'chan send' });
    expect(told.place).to.include({ function: 'main.(*Watcher).send', line: 10 });
    expect(told.waitsFor.map(({ name }) => name)).to.deep.equal(['main.Watcher.events']);
    expect(told.releasers.map(({ counts }) => counts)).to.include.members(['certain', 'ruled-out']);
    expect(told.holds.map(({ object }) => object)).to.deep.equal(['main.Feed.mu']);
    expect(told.waitedForBy.reduce((sum, { goroutines }) => sum + goroutines, 0)).to.be.above(20);
    expect(told.findings).to.deep.equal([{ id: 'F1', rule: 'channel-lock', as: 'root cause' }]);
    const text = subjectText(told, plainScreen);
    for (const part of [
      'waits for',
      'could end it',
      'holds',
      'waits for it',
      'part of',
      '(dlv) goroutine ',
    ]) {
      expect(text).to.include(part);
    }
  });

  it('does not say that a writer holds what it only waits for', () => {
    const writer = diagnosisOf('catalog').findings[0]?.rootCause.goroutines.find(
      ({ waitReason }) => waitReason === 'sync.RWMutex.Lock',
    );
    expect(explained('catalog', `G${writer?.id}`).holds).to.deep.equal([]);
  });

  it('is of a group and of an object the same from their sides', () => {
    const group = explained('blog', 'S1');
    expect(group).to.include({ kind: 'group', waitReason: 'chan send' });
    expect(group.findings).to.deep.equal([{ id: 'F1', rule: 'self-blocked-consumer', as: 'victim' }]);
    const object = explained('blog', 'R1');
    expect(object).to.include({ kind: 'object', name: 'main.Metrics.inChannel' });
    expect(object.count).to.be.at.least(group.count);
    expect(explained('blog', object.waitsFor[0]?.address ?? '').id).to.equal('R1');
    expect(object.waitedForBy.map(({ who }) => who)).to.include('S1');
  });

  it('tells since when, by the list of goroutines, of one that is no example too', () => {
    const roster = [
      { group: 'S1', ids: Float64Array.from([5, 77_777]), waited: Float64Array.from([3, 41]), locked: [] },
    ];
    const told = explainSubject(diagnosisOf('blog'), 'G77777', roster);
    expect(told).to.include({ id: 'G77777', group: 'S1', waitedSeconds: 41 });
    expect(explainSubject(diagnosisOf('blog'), 'G77777')).to.equal(undefined);
    expect(subjectText(told as SubjectExplanation, plainScreen)).to.match(/for at least 41 s/);
  });

  it('gives the outlook and the releasers that the analysis has recorded', () => {
    const blog = diagnosisOf('blog');
    const groups = blog.groups.map((one) => ({
      ...one,
      outlook: 'unclear' as const,
      outlookReason: 'all that speaks for it is "may"',
      releasers: [{ who: 'main.drain', counts: 'may' as const, why: 'may be called from a handler' }],
    }));
    const told = explainSubject({ ...blog, groups }, 'S1');
    expect(told?.releasers).to.deep.equal(groups[0]?.releasers);
    const text = subjectText(told as SubjectExplanation, plainScreen);
    expect(text)
      .to.include('outlook: unclear, all that speaks for it')
      .and.to.match(/^ {4}may {8}main\.drain: may be called/m);
  });

  it('knows nothing of what is not there', () => {
    for (const what of ['G999999', 'S999', 'R99', '0x1', '0xzz']) {
      expect(explainSubject(diagnosisOf('blog'), what), what).to.equal(undefined);
    }
  });
});
