import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { deadlockSubtypes } from '../../lab/analysis/model/diagnosis.js';
import { goServerFolder, projectRoot } from '../../lab/paths.js';
import type { Condition, Step } from '../../lab/scenarios/drive.js';
import { scenarios } from '../../lab/scenarios/index.js';
import type { Scenario } from '../../lab/scenarios/scenario.js';

const subtypesOf: Readonly<Record<Scenario['class'], readonly string[]>> = {
  resource: ['double-lock', 'ab-ba', 'rwr', 'across-processes'],
  communication: ['channel', 'channel-context', 'channel-condvar', 'condvar'],
  mixed: ['channel-lock', 'channel-waitgroup', 'waitgroup-misuse'],
  livelock: ['busy-wait', 'try-lock'],
};

describe('the catalogue', () => {
  it('has every name once, and a folder for each name', async () => {
    const names = scenarios.map(({ name }) => name);
    expect(new Set(names).size).to.equal(names.length);
    const folders = await readdir(goServerFolder, { withFileTypes: true });
    // A run has one server; `warehouses` are several, which `test/several/` starts.
    const others = ['internal', 'vendor', 'warehouses'];
    const packages = folders.filter((one) => one.isDirectory() && !others.includes(one.name));
    expect(packages.map(({ name }) => name)).to.have.members([
      ...new Set(scenarios.map((one) => one.package)),
    ]);
  });

  it('sorts every subtype into one class', () => {
    expect(Object.values(subtypesOf).flat()).to.have.members([...deadlockSubtypes]);
  });

  for (const scenario of scenarios) {
    describe(scenario.name, () => {
      it('says what it is and what it teaches', () => {
        expect(scenario.name).to.match(/^[a-z][a-z0-9-]*$/);
        expect(scenario.title).to.match(/^[^.]{20,100}$/);
        expect(scenario.teaches).to.match(/^[A-Z].{40,400}\.$/s);
        expect(subtypesOf[scenario.class]).to.include(scenario.subtype);
        expect(scenario.expect.functions).to.not.deep.equal([]);
        expect(scenario.server.path).to.match(/^\//);
      });

      it('has its Go folder with both twins, and its page', async () => {
        const folder = join(goServerFolder, scenario.package);
        const names = (await readdir(folder)).filter((name) => /_(faulty|fixed)\.go$/.test(name));
        const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
        const tags = texts.map((text) => /^\/\/go:build (\S+)$/m.exec(text)?.[1]);
        expect(tags, names.join(', ')).to.include.members(['fixed', '!fixed']);
        const page = join(projectRoot, 'docs', 'scenarios', `${scenario.name}.md`);
        expect(existsSync(page), page).to.equal(true);
        const text = await readFile(page, 'utf8');
        for (const heading of ['## The story', '## The symptom', '## What to look for', '## The repair']) {
          expect(text).to.contain(heading);
        }
        expect(text).to.contain(`\`${scenario.class}\``).and.contain(`\`${scenario.subtype}\``);
      });

      it('names functions that its program has', async () => {
        const folder = join(goServerFolder, scenario.package);
        const files = (await readdir(folder)).filter((name) => name.endsWith('.go'));
        const source = (await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')))).join(
          '\n',
        );
        for (const name of [...functionsOf(scenario)].filter((one) => one.startsWith('main.'))) {
          const [, receiver, method] =
            /^main\.(?:\(?\*?(\w+)\)?\.)?(\w+)$/.exec(
              name.replaceAll('[...]', '').replace(/\.func\d.*$/, ''),
            ) ?? [];
          const shape =
            receiver === undefined
              ? `func ${method}(?:\\[[^(]*\\])?\\(`
              : `func \\(\\w+ \\*?${receiver}(?:\\[\\w+\\])?\\) ${method}\\(`;
          expect(source, name).to.match(new RegExp(shape));
        }
      });

      it('has a drive that can be played', () => {
        const { drive } = scenario;
        if (drive.kind !== 'requests') {
          const plan = drive.kind === 'stampede' ? drive.load : drive;
          expect('steps' in plan ? plan.steps.length : plan.rounds).to.be.at.least(1);
          return;
        }
        expect(drive.rounds).to.be.at.least(5);
        const bodies = new Map<string, number>();
        for (const step of drive.steps) {
          if (step.kind !== 'request') {
            expect(bodies, `${step.kind} of ${step.of}`).to.include.keys(step.of);
            const left = (bodies.get(step.of) ?? 0) - 1;
            if (step.kind === 'send-more') expect(left, `parts of ${step.of}`).to.be.at.least(0);
            bodies.set(step.of, left);
          } else if (step.id !== undefined) {
            expect(bodies.has(step.id), step.id).to.equal(false);
            bodies.set(step.id, Math.max(0, (step.body?.length ?? 1) - 1));
          }
        }
        // A round that leaves requests open would count as lived through, unless what they leave behind is counted.
        if (scenario.symptom.kind === 'stuck-goroutines') return;
        const last = drive.steps.at(-1)?.until.kind;
        expect(last).to.be.oneOf(['all-answered', 'answered'] satisfies Condition['kind'][]);
      });
    });
  }
});

function functionsOf({ drive, symptom, expect: { functions } }: Scenario): Set<string> {
  const names = new Set(functions);
  if (symptom.kind === 'stuck-goroutines') names.add(symptom.in);
  const steps: readonly Step[] = drive.kind === 'requests' ? drive.steps : [];
  for (const { until } of steps) {
    if (until.kind === 'parked') names.add(until.in);
    if (until.kind === 'left') names.add(until.function);
  }
  return names;
}
