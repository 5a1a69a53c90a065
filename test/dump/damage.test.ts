import { expect } from 'chai';
import fc from 'fast-check';
import type { Dump } from '../../lab/dump/index.js';
import { LabError } from '../../lab/errors.js';
import { type KeptDump, keptDumps, plain, readBytes } from './kept-dumps.js';

/** Logs in which dumps are found, as they write a line. */
const logs: Readonly<Record<string, (lines: readonly string[]) => string>> = {
  docker: (lines) =>
    each(lines, (line) =>
      JSON.stringify({ log: `${line}\n`, stream: 'stderr', time: '2024-05-06T07:08:09.1Z' }),
    ),
  kubernetes: (lines) => each(lines, (line, n) => `2024-05-06T07:08:09.${n + 1}Z stderr F ${line}`),
  journald: (lines) =>
    each(lines, (line, n) => `Nov ${String(n % 30).padStart(2)} 10:00:00 host app[12]: ${line}`),
  'a string of JSON': (lines) => `${JSON.stringify({ level: 'error', message: `${lines.join('\n')}\n` })}\n`,
  'Docker around JSON': (lines) =>
    `${JSON.stringify({ log: `${JSON.stringify({ msg: `${lines.join('\n')}\n`, ts: 1714979289.5 })}\n` })}\n`,
  logfmt: (lines) => `time=2024-05-06T07:08:09Z level=ERROR msg=${JSON.stringify(lines.join('\n'))}\n`,
  compose: (lines) => each(lines, (line) => `\x1b[36mapp-1  |\x1b[0m ${line}`),
  'time stamps': (lines) =>
    each(lines, (line, n) => `2024/05/06 07:08:${String(n % 60).padStart(2, '0')} ${line}`),
  'another line end': (lines) => lines.map((line) => `${line}\r\n`).join(''),
  'no tabs': (lines) => each(lines, (line) => line.replace(/^\t/, '')),
};

function each(lines: readonly string[], write: (line: string, index: number) => string): string {
  return lines.map((line, index) => `${write(line, index)}\n`).join('');
}

const text = keptDumps.filter(({ form }) => form !== 'proto');
const linesOf = ({ bytes }: KeptDump) => bytes.toString().replace(/\n$/, '').split('\n');

describe('dumps in logs', () => {
  for (const [name, write] of Object.entries(logs)) {
    it(`are read from ${name} as they are by themselves`, async () => {
      for (const kept of text) {
        const alone = plain(await readBytes(kept.bytes));
        expect(plain(await readBytes(write(linesOf(kept)), 65_536)), kept.name).to.deep.equal(alone);
      }
    });
  }

  it('are read with other lines between goroutines', async () => {
    for (const kept of text.filter(({ form }) => /^(debug2|quit|asleep|panic-all)$/.test(form))) {
      const own = kept.bytes
        .toString()
        .replaceAll('\n\ngoroutine', '\n\n10:00 INFO GET /orders (200) on :8080\ngoroutine');
      expect(plain(await readBytes(own)), kept.name).to.deep.equal(plain(await readBytes(kept.bytes)));
    }
  });

  it('tell when they were taken', async () => {
    const [kept] = text.filter(({ form }) => form === 'debug2');
    if (kept === undefined) throw new Error('no dump');
    const taken = async (name: string) =>
      (await readBytes(logs[name]?.(linesOf(kept)) ?? ''))[0]?.time?.toISOString();
    expect(await taken('docker')).to.equal('2024-05-06T07:08:09.100Z');
    expect(await taken('kubernetes')).to.equal('2024-05-06T07:08:09.100Z');
    expect(await taken('Docker around JSON')).to.equal('2024-05-06T07:08:09.500Z');
    expect(await taken('logfmt')).to.equal('2024-05-06T07:08:09.000Z');
  });
});

/** Goroutines by number, with the frames that are told of each. */
function byId(dumps: readonly Dump[]): Map<number, { frames: readonly string[]; isWhole: boolean }> {
  return new Map(
    dumps.flatMap(({ stacks }) =>
      stacks.flatMap(({ members, frames, lack, createdBy }) =>
        members.map(({ id }) => {
          // Of the main goroutine what comes after main.main may be missing unnoticed.
          const told = frames
            .filter(({ function: name }) => !/^runtime\.(main|goexit)$/.test(name))
            .map(({ function: name, file, line }) => `${name} ${file}:${line}`);
          const creator =
            createdBy === undefined ? '' : `${createdBy.function} ${createdBy.file}:${createdBy.line}`;
          return [
            id,
            { frames: [...told, creator], isWhole: lack !== 'cut off' && lack !== 'damaged' },
          ] as const;
        }),
      ),
    ),
  );
}

/** What was read of a part says nothing that the whole does not, and tells where something is missing. */
function expectPart(part: readonly Dump[], whole: readonly Dump[], name: string): void {
  const all = byId(whole);
  for (const [id, { frames, isWhole }] of byId(part)) {
    const known = all.get(id);
    expect(known, `${name}: goroutine ${id}`).not.to.equal(undefined);
    if (isWhole) expect(frames, `${name}: goroutine ${id}`).to.deep.equal(known?.frames);
    else expect(known?.frames.slice(0, frames.length - 1), name).to.deep.equal(frames.slice(0, -1));
  }
  const isCut = part.some(({ stacks }) => stacks.some(({ lack }) => lack === 'cut off'));
  if (isCut)
    expect(
      part.some(({ limits }) => limits.length > 0),
      name,
    ).to.equal(true);
}

async function readOrRefused(bytes: Buffer | string): Promise<readonly Dump[]> {
  try {
    return await readBytes(bytes, 65_536);
  } catch (error) {
    expect(error).to.be.instanceOf(LabError);
    expect(error).to.include({ code: 'usage' });
    return [];
  }
}

describe('damaged dumps', () => {
  it('cut off anywhere are read as far as they go, and it is told', async () => {
    for (const kept of text.filter(({ form }) => !/^(twice|recovered|leak|debug1)$/.test(form))) {
      const whole = await readBytes(kept.bytes);
      for (const at of fc.sample(fc.nat(kept.bytes.length), { numRuns: 50, seed: kept.bytes.length })) {
        expectPart(await readOrRefused(kept.bytes.subarray(0, at)), whole, `${kept.name} cut at ${at}`);
      }
    }
  });

  it('cut off anywhere in a log are read as far as they go', async () => {
    for (const [log, write] of Object.entries(logs)) {
      for (const kept of text.filter(({ form }) => /^(debug2|asleep)$/.test(form))) {
        const whole = await readBytes(kept.bytes);
        const wrapped = Buffer.from(write(linesOf(kept)));
        for (const at of fc.sample(fc.nat(wrapped.length), { numRuns: 10, seed: wrapped.length })) {
          expectPart(
            await readOrRefused(wrapped.subarray(0, at)),
            whole,
            `${kept.name} in ${log} cut at ${at}`,
          );
        }
      }
    }
  });

  it('of counts tell how many goroutines are missing', async () => {
    for (const kept of keptDumps.filter(({ form }) => form === 'debug1')) {
      const [part] = await readBytes(kept.bytes.subarray(0, kept.bytes.length / 2));
      expect(part?.limits.join('\n')).to.match(
        /^the dump has \d+ of the 27 goroutines that its first line tells of$/m,
      );
    }
  });

  it('of protobuf that are cut off are refused', async () => {
    for (const kept of keptDumps.filter(({ form }) => form === 'proto')) {
      const whole = plain(await readBytes(kept.bytes));
      for (const at of fc.sample(fc.integer({ min: 0, max: kept.bytes.length - 1 }), {
        numRuns: 50,
        seed: 7,
      })) {
        const read = await readOrRefused(kept.bytes.subarray(0, at));
        // The last of the names may be of nothing that is read.
        if (read.length > 0) expect(plain(read), `${kept.name} cut at ${at}`).to.deep.equal(whole);
      }
    }
  });

  it('with any bytes changed are read or refused', async () => {
    const small = keptDumps.filter(({ bytes }) => bytes.length < 8000);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...small),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 30 }),
        async ({ bytes }, changes) => {
          const changed = Buffer.from(bytes);
          for (const [at, byte] of changes) changed[at % changed.length] = byte;
          await readOrRefused(changed);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('of any bytes at all are refused', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), async (bytes) => {
        await readOrRefused(Buffer.from(bytes));
      }),
      { numRuns: 300 },
    );
  });
});
