import { expect } from 'chai';
import { diagnosisText } from '../../lab/report/screen/full-text.js';
import { plainScreen } from '../fakes/screen.js';
import { fixtureProgram } from '../fixture-program.js';
import { goTools } from '../hung-program.js';
import { expectLabels } from '../labelled.js';

const { signal } = new AbortController();
const builds = [
  { name: 'with debug information', flags: [] },
  { name: 'stripped', flags: ['-ldflags=-s -w'] },
];

for (const go of await goTools(signal)) {
  for (const { name, flags } of builds) {
    describe(`labels of goroutines, by ${go.version}, ${name}`, function () {
      this.timeout(120_000);
      const program = fixtureProgram({
        ...{ go, fixture: 'labelled', flags, method: 'gcore' as const, shared: ['labelled'] },
      });

      it('are read for each group, whoever set or inherited them', async () => {
        const diagnosis = await program.diagnose('labelled');
        expectLabels(diagnosis);
        const own = diagnosis.groups.find(({ labels }) => labels?.[0]?.count === 5);
        expect(own?.count).to.equal(5);
      });

      it('are told in what a finding rests on, with a Delve command that shows them', async () => {
        await program.withCore('labelled', async ({ core }) => {
          const diagnosis = await program.diagnose('labelled');
          const finding = diagnosis.findings.find(({ rootCause }) =>
            rootCause.goroutines.some(({ labels }) => labels?.['tenant'] === 'acme'),
          );
          const told = finding?.evidence.filter(({ text }) => / has the labels? /.test(text)) ?? [];
          expect(told[0]?.text).to.match(/^Goroutine \d+ has the label tenant=acme$/);
          if (finding === undefined || flags.length > 0) return;
          const { stdout } = await program.typeChecks(core, { ...finding, evidence: told.slice(0, 1) });
          expect(stdout)
            .to.match(/tenant/)
            .and.to.match(/main\.go:49/)
            .and.not.to.match(/goroutine\(s\) 0/);
        });
      });

      it('narrow the stacks that are printed', async () => {
        const diagnosis = await program.diagnose('labelled');
        const text = (label: { key: string; value: string }, verbose = false) =>
          diagnosisText(diagnosis, { ...plainScreen, columns: 200 }, { label, verbose });
        const [, stacks = ''] = text({ key: 'request', value: '7' }).split(
          'Stacks of goroutines with request=7',
        );
        expect(stacks)
          .to.match(/ 3 x "chan send"/)
          .and.to.match(/labels {2}3 x handler=\/orders ä, request=7, tenant=acme/);
        expect(stacks).not.to.match(/main\.inherit/);
        expect(text({ key: 'tenant', value: 'acme' }, true)).to.match(
          /Where the \d+ goroutines are[\s\S]*main\.inherit/,
        );
        expect(text({ key: 'tenant', value: 'other' })).to.match(
          /No goroutine has the label tenant=other: there are labels handler, key00/,
        );
      });
    });
  }
}
