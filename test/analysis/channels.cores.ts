import { expect } from 'chai';
import { type Diagnosis, diagnosisSchema } from '../../lab/analysis/model/diagnosis.js';
import { diagnosisText } from '../../lab/report/screen/full-text.js';
import { plainScreen } from '../fakes/screen.js';
import { fixtureProgram, type Printed } from '../fixture-program.js';
import { goTools } from '../hung-program.js';
import { isSure } from '../sure.js';

const { signal } = new AbortController();
const gos = await goTools(signal);
/** Looked at by several tests. */
const shared = ['self-consumer'];
const builds = { default: [], 'without inlining': ['-gcflags=all=-l'], unoptimised: ['-gcflags=all=-N -l'] };

const faulty: Readonly<Record<string, (diagnosis: Diagnosis) => void>> = {
  'self-consumer'({ findings: [finding] }) {
    expect(finding?.rule).to.equal('self-blocked-consumer');
    expect(finding).to.satisfy(isSure);
    const [goroutine] = finding?.rootCause.goroutines ?? [];
    expect(goroutine?.userLocation.function).to.equal('main.(*depot).put');
    expect(goroutine?.startLocation.function).to.equal('main.(*depot).unpack');
    expect(goroutine?.goStatementLocation.function).to.equal('main.newDepot');
    const [resource] = finding?.rootCause.resources ?? [];
    expect(resource).to.include({ name: 'main.depot.in', len: 4, cap: 4, elemType: 'main.parcel' });
    expect(finding?.victims.goroutines).to.equal(25);
    expect(finding?.evidence.some(({ text }) => /label: "\S.* content"|wrapping"/.test(text))).to.equal(true);
  },
  'two-depots'({ findings }) {
    expect(findings.map(({ rule }) => rule)).to.deep.equal(['self-blocked-consumer']);
  },
  'behind-a-hub'({ findings: [finding, ...others] }) {
    expect(others).to.deep.equal([]);
    expect(finding).to.include({ rule: 'channel-ring' }).and.satisfy(isSure);
    const names = finding?.rootCause.resources.map(({ name }) => name);
    expect(names).to.include.members(['main.office.stamps', 'main.office.forms']);
  },
  ring({ findings: [finding] }) {
    expect(finding).to.include({ rule: 'channel-ring' }).and.satisfy(isSure);
    const names = finding?.rootCause.resources.map(({ name }) => name);
    expect(names).to.have.members(['main.stage.left', 'main.stage.right']);
  },
  'early-return'({ findings: [finding] }) {
    expect(finding).to.include({ rule: 'leaked-sender' }).and.satisfy(isSure);
    expect(finding?.rootCause.goroutines[0]?.userLocation.function).to.equal('main.slowAnswer');
  },
  'forgotten-close'({ findings: [finding] }) {
    expect(finding).to.include({ rule: 'forgotten-close' }).and.satisfy(isSure);
    expect(finding?.rootCause.resources[0]?.name).to.equal('main.forgottenClose.results');
  },
  'crew-of-itself'({ findings: [finding] }) {
    expect(finding?.rule).to.equal('pool-waits-for-itself');
    expect(finding).to.satisfy(isSure);
    expect(finding?.rootCause.goroutines).to.have.length(3);
    expect(finding?.rootCause.resources[0]?.name).to.equal('main.crew.tasks');
    expect(finding?.victims.goroutines).to.equal(3);
  },
  'leaked-sender'({ findings }) {
    expect(findings).to.have.length(1);
    expect(findings[0]).to.include({ rule: 'leaked-sender' }).and.satisfy(isSure);
    const functions = findings[0]?.rootCause.goroutines.map(({ userLocation }) => userLocation.function);
    expect(functions).to.deep.equal(['main.lookUp', 'main.lookUp', 'main.lookUp']);
    expect(findings[0]?.explanation).to.match(/main\.find receives .* unless its context ends first/);
  },
  'nil-send'({ findings: [finding] }) {
    expect(finding).to.include({ rule: 'nil-channel', certainty: 'proved' });
  },
};
const healthy = [
  'idle-hub',
  'idle-pool',
  'slow-consumer',
  'ticker',
  'request-reply',
  'moved-on',
  'lock-queue',
];

for (const go of gos) {
  for (const [name, flags] of Object.entries(builds)) {
    describe(`cores of ${go.version}, built ${name}`, function () {
      this.timeout(120_000);
      const program = fixtureProgram({ go, fixture: 'channels', flags, method: 'helper', shared });

      for (const [situation, check] of Object.entries(faulty)) {
        it(`diagnoses ${situation}`, async () => {
          const diagnosis = await program.diagnose(situation);
          diagnosisSchema.parse(diagnosis);
          expect(diagnosis.verdict).to.equal('deadlock');
          expect(diagnosis.scope).to.equal('partial');
          expect(diagnosis.findings[0]).to.include({ class: 'communication', subtype: 'channel' });
          expect(diagnosis.stats.crossCheckMismatches).to.equal(0);
          check(diagnosis);
        });
      }

      // Healthy programs look alike in every build.
      if (name !== 'default') return;
      for (const situation of healthy) {
        it(`finds nothing in ${situation}`, async () => {
          const { verdict, findings } = await program.diagnose(situation);
          expect({ verdict, findings }).to.deep.equal({ verdict: 'none', findings: [] });
        });
      }

      it('only suspects a consumer that a request may still rescue', async () => {
        const { verdict, findings } = await program.diagnose('rescued');
        expect(verdict).to.equal('unknown');
        expect(findings.map(({ certainty }) => certainty)).to.deep.equal(['suspected']);
      });

      it('claims nothing about releasers without sources', async () => {
        // The program's server leads to nothing of it: memory alone proves some, and names no releaser.
        const { findings, limits } = await program.diagnose('self-consumer', { noSource: true });
        for (const { rule, certainty, rootCause } of findings) {
          expect({ rule, certainty }).to.deep.equal({ rule: 'unreachable-object', certainty: 'proved' });
          expect(rootCause.edges.map(({ relation }) => relation)).not.to.include('released-by');
        }
        if (findings.length === 0) expect(limits.join()).to.include('was not read');
      });

      it('prints checks that hold when typed into Delve, in 80 columns', async () => {
        let printed: Printed | undefined;
        const diagnosis = await program.diagnose('self-consumer', {
          async look(core, { findings: [first] }) {
            if (first !== undefined) printed = await program.typeChecks(core, first);
          },
        });
        const [finding] = diagnosis.findings;
        expect(`${printed?.stdout}${printed?.stderr}`).not.to.include('Command failed');
        expect(printed).not.to.equal(undefined);
        const address = finding?.rootCause.resources[0]?.address.slice(2) ?? '?';
        expect(printed?.stdout).to.match(new RegExp(`0x0*${address}\\s*\n`));
        expect(printed?.stdout).to.include('waitReasonChanSend');
        const text = diagnosisText(diagnosis, plainScreen, { proof: true, verbose: true });
        expect(
          text.split('\n').filter((line) => line.length > 80 && line.trim().includes(' ')),
        ).to.deep.equal([]);
        expect(text).to.match(
          /^deadlock\[self-blocked-consumer\]: goroutine \d+ waits for itself +(?:strong|proved)\n/,
        );
      });
    });
  }
}
