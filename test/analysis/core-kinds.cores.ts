import { expect } from 'chai';
import { execa } from 'execa';
import { analyzeCore } from '../../lab/analysis/analyze-core.js';
import type { Diagnosis } from '../../lab/analysis/model/diagnosis.js';
import { findDelve } from '../../lab/toolchain/index.js';
import { hasGcc } from '../go-build-env.js';
import { blockedGoroutines, buildHung, goTools } from '../hung-program.js';
import { coreOf, kernelCoreOf, noKernelCores, type RealCore } from '../real-core.js';
import { isSure } from '../sure.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';

const { signal } = new AbortController();
const gos = await goTools(signal);
const has = async (program: string) =>
  (await execa(program, ['--version'], { reject: false })).exitCode === 0;
const hasGdb = await has('gdb');
const kernelRefuses = await noKernelCores();

/** A goroutine of it waits in C, and the program is linked by the C linker. */
const withC = (source: string) =>
  source
    .replace(
      'import (',
      '/*\n#include <unistd.h>\nstatic void nap(void) { sleep(3600); }\n*/\nimport "C"\n\nimport (',
    )
    .replace('go d.unpack()', 'go d.unpack()\n\tgo C.nap()');

const consumer = '\nfunc consume(d *depot) {\n\tC.nap()\n\tfor range d.in {\n\t}\n}\n';

/** Its main goroutine holds a lock during a long call of C, and unlocks it afterwards; others wait for the lock. */
const lockedInC = (source: string) =>
  source
    .replace(
      'import (',
      '/*\n#include <unistd.h>\nstatic void nap(void) { sleep(3600); }\n*/\nimport "C"\n\nimport (\n\t"strings"\n\t"sync"',
    )
    .replace(
      /func main\(\) \{[\s\S]*/,
      `type till struct {
	mu    sync.Mutex
	coins int
}

func (t *till) pay(p parcel) {
	t.mu.Lock()
	t.coins += len(p.label)
	t.mu.Unlock()
}

func main() {
	t := &till{}
	t.mu.Lock()
	for i := 0; i < 6; i++ {
		go t.pay(parcel{fmt.Sprint("p", i)})
	}
	text := make([]byte, 1<<16)
	for strings.Count(string(text[:runtime.Stack(text, true)]), "runtime_SemacquireMutex(") < 6 {
		time.Sleep(time.Millisecond)
	}
	fmt.Println("ready", runtime.NumGoroutine())
	C.nap()
	t.mu.Unlock()
}
`,
    );

/** Its main goroutine joins the senders: Go itself notices that all are asleep. */
const allAsleep = (source: string) =>
  source.replace(
    /\tfor last := -1;[\s\S]*time\.Sleep\(time\.Hour\)/,
    '\tfor i := 0; i < 100; i++ {\n\t\td.put(parcel{fmt.Sprint(runtime.NumCPU())})\n\t}',
  );

for (const go of gos) {
  describe(`kinds of programs and cores, ${go.version}`, function () {
    this.timeout(60_000);
    let folder: TempFolder;
    let dlv: string;
    let exe: string;

    before(async function () {
      const found = await findDelve({ goVersion: go.version, install: false }, signal);
      // Skips where a Delve that reads this Go is missing.
      if (found === undefined) this.skip();
      dlv = found.path;
      folder = await tempFolder();
      exe = await buildHung(go.path, folder, 'plain');
    });
    after(async () => folder?.[Symbol.asyncDispose]());

    async function diagnose(program: string, made: Promise<RealCore>): Promise<Diagnosis> {
      await using held = await made;
      return await analyzeCore({ exe: program, core: held.core, delve: dlv }, () => undefined, signal);
    }

    function expectFound({ verdict, findings: [finding], stats }: Diagnosis): void {
      expect(verdict).to.equal('deadlock');
      expect(finding).to.include({ rule: 'self-blocked-consumer' }).and.satisfy(isSure);
      expect(finding?.rootCause.goroutines).to.have.length(1);
      expect(finding?.rootCause.resources[0]).to.include({ name: 'main.depot.in', len: 8, cap: 8 });
      expect(finding?.victims.goroutines).to.be.greaterThanOrEqual(1);
      expect(stats.crossCheckMismatches).to.equal(0);
    }

    /** Compilers up to Go 1.20 record wrong lines for inlined calls in files that import C: no certainty there. */
    function expectFoundInC(diagnosis: Diagnosis): void {
      if (!/^go1\.(?:19|20)\b/.test(go.version)) {
        expectFound(diagnosis);
        return;
      }
      expect(diagnosis.verdict).to.equal('unknown');
      expect(diagnosis.findings.filter(({ certainty }) => certainty !== 'suspected')).to.deep.equal([]);
      expect(diagnosis.limits.join()).to.include('may be a wrong one');
    }

    it('finds the cause in a core by Delve', async () => {
      const diagnosis = await diagnose(exe, coreOf(exe, go.version, 'delve'));
      expectFound(diagnosis);
      expect(diagnosis.scope).to.equal('partial');
      expect(diagnosis.process.goroutines.user).to.be.lessThanOrEqual(blockedGoroutines + 1);
    });

    it('finds the cause in a core by the kernel', async function () {
      if (kernelRefuses !== undefined) return this.skip();
      expectFound(await diagnose(exe, kernelCoreOf(exe, 'abort')));
    });

    it('calls it global when Go itself says that all are asleep', async function () {
      if (kernelRefuses !== undefined) return this.skip();
      const program = await buildHung(go.path, folder, 'asleep', { edit: allAsleep });
      const diagnosis = await diagnose(program, kernelCoreOf(program, 'crash'));
      expectFound(diagnosis);
      expect(diagnosis.scope).to.equal('global');
    });

    for (const method of ['gcore', 'delve'] as const) {
      it(`finds the cause in a position-independent program, core by ${method}`, async function () {
        if (method === 'gcore' && !hasGdb) return this.skip();
        const program = await buildHung(go.path, folder, `pie-${method}`, { flags: ['-buildmode=pie'] });
        expectFound(await diagnose(program, coreOf(program, go.version, method)));
      });

      it(`finds the cause in a program with C in it, core by ${method}`, async function () {
        if (!hasGcc || (method === 'gcore' && !hasGdb)) return this.skip();
        const env = { CGO_ENABLED: '1' };
        const program = await buildHung(go.path, folder, `cgo-${method}`, { env, edit: withC });
        expectFoundInC(await diagnose(program, coreOf(program, go.version, method)));
      });
    }

    it('knows that a goroutine in C comes back', async function () {
      if (!hasGcc) return this.skip();
      const edit = (source: string) =>
        withC(source)
          .replace(/go d\.unpack\(\)\n.*/, 'go consume(d)')
          .concat(consumer);
      const program = await buildHung(go.path, folder, 'in-c', { env: { CGO_ENABLED: '1' }, edit });
      const { findings, verdict } = await diagnose(program, coreOf(program, go.version, 'delve'));
      expect(verdict).not.to.equal('deadlock');
      expect(findings.filter(({ certainty }) => certainty !== 'suspected')).to.deep.equal([]);
    });

    for (const method of ['kernel', 'gcore'] as const) {
      it(`blames nobody for a lock that is held during a call of C, core by ${method}`, async function () {
        if (!hasGcc || (method === 'kernel' ? kernelRefuses !== undefined : !hasGdb)) return this.skip();
        const program = await buildHung(go.path, folder, `locked-in-c-${method}`, {
          env: { CGO_ENABLED: '1' },
          edit: lockedInC,
        });
        const taken =
          method === 'kernel' ? kernelCoreOf(program, 'abort') : coreOf(program, go.version, method);
        const { verdict, findings, groups } = await diagnose(program, taken);
        expect(groups.some(({ count }) => count === 6)).to.equal(true);
        expect(verdict).not.to.equal('deadlock');
        expect(findings.filter(({ certainty }) => certainty !== 'suspected')).to.deep.equal([]);
      });
    }

    it('claims nothing when the kernel aborts a thread in C whose Go frames cannot be read', async function () {
      if (!hasGcc || kernelRefuses !== undefined) return this.skip();
      const options = { env: { CGO_ENABLED: '1' }, flags: ['-buildmode=pie'], edit: withC };
      const program = await buildHung(go.path, folder, 'pie-cgo', options);
      const diagnosis = await diagnose(program, kernelCoreOf(program, 'abort'));
      // Which thread takes the signal is the kernel's choice.
      if (!diagnosis.limits.join().includes('could not be read to its end')) expectFoundInC(diagnosis);
      else expect(diagnosis.verdict).to.equal('unknown');
    });
  });
}
