import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { expect } from 'chai';
import { analyzeCore } from '../../lab/analysis/analyze-core.js';
import type { Diagnosis } from '../../lab/analysis/model/diagnosis.js';
import { readLeakProfile } from '../../lab/analysis/read/leak-profile.js';
import { gcore } from '../../lab/capture/gcore.js';
import { projectRoot } from '../../lab/paths.js';
import { localTarget } from '../../lab/targets/local.js';
import { ensureDelve } from '../../lab/toolchain/index.js';
import { goBuild } from '../go-build.js';
import { askedGos, goTools, startHung } from '../hung-program.js';
import { lab } from '../lab-process.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';

const { signal } = new AbortController();
const minorOf = (version: string) => Number(/^go1\.(\d+)/.exec(version)?.[1]);
const asked = await askedGos();
const gos = (asked.length > 0 ? asked : await goTools(signal)).filter(
  ({ version }) => minorOf(version) >= 26,
);
const module = resolve(projectRoot, 'test/fixtures/go/leaks');
const forms = { counts: 1, traceback: 2, profile: 0 } as const;

type Beside = NonNullable<Diagnosis['leakProfile']>;
type SeenGroup = Beside['groups'][number];

/** By the function that they stand in. */
const tellsOf = (beside: Beside | undefined, name: string): readonly SeenGroup[] =>
  beside?.groups.filter(({ place }) => place.function === name) ?? [];

for (const go of gos) {
  describe(`the runtime's leak profile beside a core of ${go.version}`, function () {
    this.timeout(600_000);
    let folder: TempFolder;
    let exe: string;
    let delve: string;
    /** Of the same process, in this order. */
    const cores: string[] = [];
    const profiles = new Map<string, string>();
    let printed: Awaited<ReturnType<typeof lab>>;

    before(async () => {
      folder = await tempFolder();
      exe = folder.file('server');
      const env = minorOf(go.version) === 26 ? { GOEXPERIMENT: 'goroutineleakprofile' } : {};
      await goBuild({ go: go.path, module, exe, env });
      delve = (await ensureDelve({ goVersion: go.version }, signal)).path;
      const program = await startHung(exe, folder, signal, [folder.file('address')]);
      try {
        const { pid } = program.identity;
        const address = await readFile(folder.file('address'), 'utf8');
        const core = async (name: string) => {
          const request = { target: localTarget(), pid, file: folder.file('part'), goVersion: go.version };
          await gcore.capture(request, signal);
          await rename(folder.file('part'), folder.file(name));
          cores.push(folder.file(name));
        };
        await core('early');
        const pprof = `${address}/debug/pprof/goroutineleak`;
        printed = await lab(['analyze', '--exe', exe, '--core', cores[0] ?? '', '--leak-profile', pprof]);
        for (const [form, debug] of Object.entries(forms))
          profiles.set(form, await fetched(`${pprof}?debug=${debug}`, folder.file(form)));
        await fetch(`${address}/answer`);
        await core('late');
      } finally {
        await program.kill('SIGKILL');
        await program[Symbol.asyncDispose]();
      }
    });
    after(async () => {
      await folder?.[Symbol.asyncDispose]();
    });

    async function beside(core: string | undefined, form: string): Promise<Beside> {
      const leakProfile = await readLeakProfile(profiles.get(form) ?? '', signal);
      const { mtime: taken } = await stat(core ?? '');
      const files = { exe, core: core ?? '', delve, leakProfile, taken };
      const { leakProfile: found } = await analyzeCore(files, () => undefined, signal);
      if (found === undefined) throw new Error('no profile in the diagnosis');
      return found;
    }

    for (const form of Object.keys(forms)) {
      it(`has what both see, and what one of them does, as ${form}`, async () => {
        const found = await beside(cores[0], form);
        expect(found).to.deep.include({ form, goroutines: 6, limits: [] });
        expect(found.secondsBefore).to.be.below(0);
        expect(tellsOf(found, 'main.answer.func1')).to.have.length(1);
        expect(tellsOf(found, 'main.answer.func1')[0]).to.include({
          ...{ seenBy: 'both', count: 5, stuck: 5, leaked: 5 },
        });
        const [feed] = tellsOf(found, 'main.(*feed).follow');
        expect(feed).to.include({ seenBy: 'runtime', count: 1, stuck: 0, leaked: 1 });
        expect(feed?.why)
          .to.match(/^the diagnosis calls them "idle": a function literal in main\.main may be called/)
          .and.to.contain('the package variable main.dropped leads to main.feed.items');
        const locks = tellsOf(found, 'main.transfer');
        expect(locks.map(({ seenBy }) => seenBy)).to.deep.equal(['lab', 'lab']);
        expect(locks.map(({ why }) => why)).to.have.members([
          'main.first is a package variable, always reachable',
          'main.second is a package variable, always reachable',
        ]);
      });
    }

    it('says by what detour the runtime takes the others for alive', async () => {
      const found = await beside(cores[0], 'counts');
      const [sender] = tellsOf(found, 'main.register.func1');
      expect(sender).to.include({
        ...{ seenBy: 'lab', stuck: 1, leaked: 0 },
        why: 'the package variable main.registry leads to main.register.updates',
      });
      const [counter] = tellsOf(found, 'main.count');
      expect(counter?.seenBy).to.equal('lab');
      expect(counter?.why).to.match(
        /^goroutine \d+ has main\.box\.mu, and for the collector it is alive, though it is stuck itself: main\.first is a package variable, always reachable$/,
      );
    });

    it('tells those that came after it was taken from those that were there', async () => {
      const found = await beside(cores[1], 'traceback');
      expect(found.secondsBefore).to.be.above(0);
      const senders = tellsOf(found, 'main.answer.func1');
      // The collection of the profile has left its mark on the first goroutines: they are a group of their own.
      expect(senders.map(({ seenBy, stuck, leaked }) => [seenBy, stuck, leaked])).to.deep.equal([
        ['both', 5, 5],
        ['lab', 5, 0],
      ]);
      expect(senders[1]?.why).to.equal(
        'none of them is in the profile: they were started after it was taken',
      );
    });

    it('is printed below the screen, of the server itself', () => {
      const { stdout, stderr, exitCode } = printed;
      expect(exitCode, stderr).to.equal(1);
      const text = stdout.replaceAll(/\s+/g, ' ');
      expect(text).to.match(
        /Beside the runtime's leak profile \(http:\S+goroutineleak, taken [\d.]+ s later\): it calls 6 goroutines leaked/,
      );
      expect(text).to.match(/the lab 1 0 S\d+ main\.transfer main\.go:\d+ \(sync\.Mutex\.Lock\) main\./);
    });
  });
}

async function fetched(url: string, file: string): Promise<string> {
  const answer = await fetch(url);
  await writeFile(file, Buffer.from(await answer.arrayBuffer()));
  return file;
}
