import { expect } from 'chai';
import { valueIn } from '../../lab/checklist/observation.js';
import { quitServer } from '../../lab/checklist/sigquit.js';
import { observeSymptoms } from '../../lab/checklist/symptoms.js';
import { poll } from '../../lab/deadline.js';
import { localTarget } from '../../lab/targets/local.js';
import { isSameProcess } from '../../lab/targets/process-identity.js';
import type { Target } from '../../lab/targets/target.js';
import { findOptional } from '../../lab/toolchain/locate.js';
import { tempFolder } from '../temp-folder.js';
import { buildStuck, type StuckProgram } from './stuck-server.js';

const { signal } = new AbortController();

describe('the symptoms of a server', function () {
  this.timeout(60_000);
  const target = localTarget();
  let program: StuckProgram;

  before('builds the fixture', async function () {
    const built = await buildStuck(target);
    if (built === undefined) {
      console.log('      skipped: no Go toolchain was found');
      this.skip();
    }
    program = built;
  });
  after(() => program?.[Symbol.asyncDispose]());

  const needCurl = async (test: Mocha.Context): Promise<void> => {
    if ((await findOptional(target, 'curl', signal)) !== undefined) return;
    console.error('      skipped: curl is not installed');
    test.skip();
  };

  it('shows the hung one silent to curl, open to pprof and asleep to gdb, and dumps it on SIGQUIT', async function () {
    await needCurl(this);
    await using server = await program.start({ hang: true });
    const { pid } = server.process.identity;
    const symptoms = await observeSymptoms({ target, pid, exe: program.exe, ...server, signal });

    expect(valueIn(symptoms.curl)).to.include({ timedOut: true, bytes: 0, status: null });
    expect(valueIn(symptoms.pprof)).to.include({ status: 200 });
    expect(valueIn(symptoms.pprof)?.goroutines).to.be.within(4, 40);
    if (symptoms.gdb.kind === 'seen') {
      const { main, threads } = symptoms.gdb.value;
      expect(main.length).to.be.greaterThan(2);
      expect(threads.map(({ lwp }) => lwp)).to.include(pid);
      expect(threads.some((thread) => thread.function === 'runtime.futex')).to.equal(true);
    } else {
      expect(symptoms.gdb.why).to.match(/not installed|ptrace|permitted/i);
    }
    const ids = symptoms.records.map(({ id }) => id);
    if (valueIn(symptoms.curl)?.tool === 'curl') expect(ids).to.include.members(['curl', 'pprof']);

    const quit = await quitServer({ target, process: server.process, logFile: server.logFile, signal });
    const seen = valueIn(quit.sigquit);
    expect(seen).to.include({ ended: 'exit status 2' });
    expect(seen?.goroutines).to.be.greaterThan(3);
    expect(seen?.endedAfterMs).to.be.lessThan(5_000);
    expect(quit.records[1]?.stdout.trim()).to.equal(String(seen?.goroutines));
    expect(await isSameProcess(server.process.identity)).to.equal(false);
  });

  it('shows the healthy one answering, with few goroutines', async function () {
    await needCurl(this);
    await using server = await program.start({ hang: false });
    const { pid } = server.process.identity;
    const symptoms = await observeSymptoms({ target, pid, exe: program.exe, ...server, signal });
    expect(valueIn(symptoms.curl)).to.include({ timedOut: false, status: 200 });
    expect(valueIn(symptoms.pprof)?.goroutines).to.be.lessThan(40);
  });

  it('asks for itself, and says so, where curl and gdb are missing', async () => {
    await using server = await program.start({ hang: true });
    const { pid } = server.process.identity;
    const bare: Target = {
      ...target,
      exec: (argv, options) => target.exec([`missing-${argv[0]}`, ...argv.slice(1)], options),
    };
    const symptoms = await observeSymptoms({
      ...{ target: bare, here: bare, pid, exe: program.exe, signal },
      ...server,
    });
    expect(valueIn(symptoms.curl)).to.include({ tool: 'lab', exitCode: null, timedOut: true, bytes: 0 });
    expect(symptoms.gdb).to.deep.equal({ kind: 'not-observed', why: 'gdb is not installed' });
    expect(symptoms.pprof).to.deep.equal({ kind: 'not-observed', why: 'curl is not installed' });
    expect(symptoms.records).to.deep.equal([]);
  });

  it('ends a server that goes on living after SIGQUIT, so that the core is all that is left', async () => {
    await using folder = await tempFolder();
    const logFile = folder.file('log');
    await using process = await target.start(
      ['sh', '-c', "trap '' QUIT; echo ready; while :; do sleep 0.05; done"],
      {
        ...{ signal, logFile },
      },
    );
    const isReady = async () => ((await target.readFile(logFile, signal)) === 'ready\n' ? true : undefined);
    await poll(isReady, { signal, deadlineMs: 10_000, everyMs: 10 });
    const quit = await quitServer({ target, process, logFile, signal, deadlineMs: 200 });
    expect(valueIn(quit.sigquit)).to.include({ ended: null, endedThen: 'signal SIGTERM' });
    expect(process.exit()).not.to.equal(undefined);
  });

  it('says that the server had ended when there is nothing left to signal', async () => {
    await using server = await program.start({ hang: false });
    await server.process.kill('SIGKILL');
    await server.process.exited;
    const quit = await quitServer({ target, process: server.process, logFile: server.logFile, signal });
    expect(quit.sigquit).to.deep.equal({ kind: 'not-observed', why: 'the server had ended before' });
  });
});
