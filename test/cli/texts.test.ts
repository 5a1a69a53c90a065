import { expect } from 'chai';
import { z } from 'zod';
import { errorLines } from '../../lab/cli/error-lines.js';
import { withPatience } from '../../lab/cli/progress.js';
import { complaintsText } from '../../lab/complaints.js';
import { parseConfig } from '../../lab/config.js';
import { LabError } from '../../lab/errors.js';
import type { LabEvent } from '../../lab/events.js';
import { doctorText } from '../../lab/report/doctor-text.js';

const path = '/a/very/long/path/that/no/narrow/terminal/has/room/for/in/a/single/line/server.log';

describe('an error', () => {
  it('is wrapped to the terminal, its command on a line of its own and whole', () => {
    const command =
      'go list -m -f "{{.Dir}}" github.com/go-delve/delve/cmd/dlv and some more words behind it';
    const error = {
      message: 'the port 10080 of the loopback interface is taken by another program of this very machine',
      hint: `see who has it: ${command}; or choose a free one: npx lab run --port 0`,
    };
    for (const width of [40, 60, 80]) {
      const lines = errorLines(error, path, width);
      expect(lines).to.include(`       ${command}`).and.to.include('       npx lab run --port 0');
      expect(lines).to.include(`       ${path}`);
      const prose = lines.filter((line) => !line.includes(command) && !line.includes(path));
      expect(Math.max(...prose.map(({ length }) => length))).to.be.at.most(width);
    }
  });

  it('keeps what stands between backticks on one line, and the lines of a list apart', () => {
    const lines = errorLines(
      { message: 'two:\n- one of them\n- the other', hint: 'see `npx lab run --help`' },
      undefined,
      40,
    );
    expect(lines).to.deep.equal([
      'error: two:',
      '       - one of them',
      '       - the other',
      '  do:  see `npx lab run --help`',
    ]);
    const narrow = errorLines(
      { message: 'x', hint: 'run the experiment again: `npx lab run blog --fixed`' },
      undefined,
      30,
    );
    expect(narrow.join('\n')).to.contain('`npx lab run blog --fixed`');
  });

  it('speaks of options as they are typed, in the words of the lab', () => {
    const said = (options: Readonly<Record<string, unknown>>): string => {
      try {
        parseConfig(options);
      } catch (error) {
        if (error instanceof LabError) return error.message;
      }
      return '';
    };
    expect(said({ load: 'foo' })).to.equal('--load takes autocannon or wrk, not foo');
    expect(said({ build: 'a b' })).to.equal('--build takes default, noinline or debug, not "a b"');
    expect(said({ pprofPort: '99999' })).to.equal('--pprof-port takes at most 65535, not 99999');
    expect(said({ port: 'x' })).to.equal('--port takes a number, not x');
    expect(said({ port: '1.5' })).to.equal('--port takes a whole number, not 1.5');
    expect(said({ probeTimeout: '0' })).to.equal('--probe-timeout takes more than 0, not 0');
    expect(said({ target: 'moon' })).to.equal(
      '--target takes local, vagrant or ssh://user@host:port, not moon',
    );
    expect(said({ speed: 1 })).to.equal('there is no option --speed');
    expect(said({ load: 'foo', port: 'x' }).split('\n')).to.have.length(3);
    const list = z
      .object({ map: z.array(z.string().regex(/=/, 'FROM=TO')) })
      .safeParse({ map: ['a=b', 'c'] });
    expect(list.error && complaintsText(list.error, { map: ['a=b', 'c'] })).to.equal(
      '--map takes FROM=TO, not c',
    );
  });
});

describe('patience', () => {
  const told = async (afterMs: number, ms: number, fails = false): Promise<readonly LabEvent[]> => {
    const events: LabEvent[] = [];
    const work = withPatience(
      (event) => events.push(event),
      { stage: 'runs', text: 'reading', afterMs },
      async (say) => {
        say('1 of 2');
        const until = performance.now() + ms;
        while (performance.now() < until) await new Promise((resolve) => setImmediate(resolve));
        if (fails) throw new Error('no');
      },
    );
    const failed = await work.then(
      () => false,
      () => true,
    );
    expect(failed).to.equal(fails);
    return events;
  };

  it('says nothing of what is soon done', async () => {
    expect(await told(60_000, 0)).to.deep.equal([]);
  });

  it('tells of what takes long, how far it is, and its end; no end of what failed', async () => {
    expect((await told(1, 50)).map(({ type }) => type)).to.deep.equal([
      'stage-started',
      'progress',
      'stage-finished',
    ]);
    expect((await told(1, 50, true)).map(({ type }) => type)).to.deep.equal(['stage-started', 'progress']);
  });
});

describe('the doctor on a narrow terminal', () => {
  it('keeps names, and commands whole', () => {
    const mend = 'sudo apt-get update && sudo apt-get install -y gdb and-a-longer-name';
    const row = {
      host: 'this machine',
      name: 'gdb',
      status: 'missing',
      found: 'not found on PATH or anywhere else',
      needed: 'any',
      mend,
    } as const;
    for (const width of [40, 60]) {
      const lines = doctorText([row, { ...row, name: 'a longer name of a tool' }], width).split('\n');
      expect(lines.filter((line) => line.includes(mend))).to.have.length(2);
      expect(
        Math.max(...lines.filter((line) => !line.includes('->')).map(({ length }) => length)),
      ).to.be.at.most(width);
    }
  });
});
