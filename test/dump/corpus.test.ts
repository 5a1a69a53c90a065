import { expect } from 'chai';
import type { Dump, DumpStack } from '../../lab/dump/index.js';
import { framesOf, type KeptDump, keptDumps, plain, readBytes } from './kept-dumps.js';
import { crewSize, roster } from './roster.js';

const linesOf = ({ bytes }: KeptDump) => bytes.toString('latin1').split('\n');
const isBinary = ({ form }: KeptDump) => form === 'proto';
/** Made of counts at first, then of goroutines. */
const isOfCounts = ({ form }: KeptDump) => ['debug1', 'leak'].includes(form);

/** What is in the text, counted without any understanding of it. */
function counted(dump: KeptDump) {
  const lines = linesOf(dump);
  const ids = lines.flatMap(
    (line) => /^goroutine (\d+) .*\]:$|^goroutine (\d+) .*\}:$/.exec(line)?.slice(1, 3) ?? [],
  );
  const numbers = ids.filter((id) => id !== undefined && id !== '0');
  return { goroutines: numbers.length, distinct: new Set(numbers).size };
}

/** The stacks in which a function is the outermost that stands in `roster`, or the one that the go statement started. */
function stacksWith(dump: Dump, name: string): readonly DumpStack[] {
  return dump.stacks.filter(({ frames }) => frames.some((frame) => frame.function === name));
}

describe('dumps that were kept of each Go', () => {
  it('are at least sixty', () => {
    expect(keptDumps.length).to.be.at.least(60);
  });

  for (const kept of keptDumps) {
    it(`${kept.name} is read without loss`, async () => {
      const dumps = await readBytes(kept.bytes);
      expect(dumps.flatMap(({ limits }) => limits)).to.deep.equal([]);
      expect(
        dumps.every(
          ({ goroutines, stacks }) => goroutines === stacks.reduce((sum, { count }) => sum + count, 0),
        ),
      ).to.equal(true);
      const lacks = dumps.flatMap(({ stacks }) => stacks.map(({ lack }) => lack)).filter(Boolean);
      expect(lacks.filter((lack) => lack === 'damaged' || lack === 'cut off')).to.deep.equal([]);
      if (isBinary(kept) || isOfCounts(kept)) return;
      const { goroutines, distinct } = counted(kept);
      const total = dumps.reduce((sum, dump) => sum + dump.goroutines, 0);
      // With GOTRACEBACK=crash a thread prints once more what another could not.
      expect(total).to.equal(/twice|recovered/.test(kept.form) ? goroutines : distinct);
    });
  }

  for (const kept of keptDumps.filter((one) =>
    /^(quit|running|minutes|debug2|deep|labels|ancestors)/.test(one.form),
  )) {
    it(`${kept.name} has all goroutines that its program started`, async () => {
      const dumps = await readBytes(kept.bytes);
      expect(dumps).to.have.length(1);
      const [dump] = dumps;
      if (dump === undefined) return;
      const own = dump.stacks.filter(({ createdBy }) => createdBy?.function === 'main.start');
      const deep = kept.form === 'deep' ? 1 : 0;
      expect(own.reduce((sum, { count }) => sum + count, 0)).to.equal(crewSize + deep);
      for (const { function: name, count, reason, before, locked = false } of roster) {
        const stacks = stacksWith(dump, name).filter(({ createdBy }) => createdBy?.function === 'main.start');
        const expected = before !== undefined && kept.minor < before.minor ? before.reason : reason;
        const extra = name === 'main.descend' ? deep : 0;
        expect(
          stacks.reduce((sum, stack) => sum + stack.count, 0),
          name,
        ).to.equal(count + extra);
        expect([...new Set(stacks.map(({ waitReason }) => waitReason))], name).to.deep.equal([expected]);
        expect(
          stacks.every((stack) => stack.locked === locked),
          name,
        ).to.equal(true);
        const inMain = kept.minor >= 21 ? [1] : [undefined];
        const creators = stacks.flatMap(({ members }) => members.map(({ createdIn }) => createdIn));
        expect([...new Set(creators)], name).to.deep.equal(inMain);
      }
    });
  }

  for (const kept of keptDumps.filter(({ form }) => form === 'debug1' || form === 'proto')) {
    it(`${kept.name} has as many as were started`, async () => {
      const [dump] = await readBytes(kept.bytes);
      if (dump === undefined) throw new Error('no dump');
      expect(dump.form).to.equal(kept.form === 'proto' ? 'profile' : 'counts');
      expect(dump.goroutines).to.equal(crewSize + 1);
      for (const { function: name, count } of roster.filter((one) => one.function.startsWith('main.'))) {
        const stacks = stacksWith(dump, name);
        expect(
          stacks.reduce((sum, stack) => sum + stack.count, 0),
          name,
        ).to.equal(count);
      }
      const labels = stacksWith(dump, 'runtime/pprof.Do').map((stack) => stack.labels);
      expect(labels).to.deep.equal([{ request: 'GET "/a b"', user: '7' }]);
    });
  }

  it('have words, files and lines as they were printed', async () => {
    for (const kept of keptDumps.filter(({ form }) => form === 'debug2')) {
      const [dump] = await readBytes(kept.bytes);
      const text = linesOf(kept);
      for (const { frames, members } of dump?.stacks ?? []) {
        for (const { words } of members) {
          expect(words).to.have.length(frames.length);
          for (const [index, { function: name, file, line, inlined }] of frames.entries()) {
            const call = `${name}(${inlined ? '...' : (words[index] ?? '')})`;
            const at = Buffer.from(call).toString('latin1');
            expect(text, kept.name).to.include(at);
            const where = `\t${file}:${line}`;
            expect(
              text.some((one) => one === where || one.startsWith(`${where} +0x`)),
              where,
            ).to.equal(true);
          }
        }
      }
    }
  });

  it('have files as Windows and people name them', async () => {
    for (const kept of keptDumps.filter(({ form }) => form === 'debug2')) {
      const [dump] = await readBytes(kept.bytes);
      const [stack] = dump === undefined ? [] : stacksWith(dump, 'main.further');
      // Go 1.27 puts the module before the name where paths are trimmed.
      const files = stack?.frames.map(
        ({ file, line }) => `${file.replace('example.com/dumps/', '')}:${line}`,
      );
      expect(files, kept.name).to.deep.equal([
        '/srv/my app/v1:2/wait.go:71',
        'C:\\Program Files (x86)\\app\\wait: here.go:8',
      ]);
    }
  });

  it('tell what ended the process', async () => {
    const fatal = async (form: string) => {
      const found = keptDumps.filter((one) => one.form === form);
      expect(found, form).not.to.have.length(0);
      const read = await Promise.all(found.map(({ bytes }) => readBytes(bytes)));
      return [...new Set(read.map(([dump]) => dump?.fatal))];
    };
    expect(await fatal('quit')).to.deep.equal(['SIGQUIT: quit']);
    expect(await fatal('quit-crash')).to.deep.equal(['SIGQUIT: quit']);
    expect(await fatal('asleep')).to.deep.equal(['all goroutines are asleep - deadlock!']);
    expect(await fatal('panic')).to.deep.equal(['while it ended: boom: 7']);
    expect(await fatal('nil')).to.deep.equal([
      'runtime error: invalid memory address or nil pointer dereference',
    ]);
    expect(await fatal('throw')).to.deep.equal(['sync: unlock of unlocked mutex']);
    expect(await fatal('timeout')).to.deep.equal(['test timed out after 400ms']);
    expect(await fatal('debug2')).to.deep.equal([undefined]);
  });

  it('are the same in pieces of any size', async () => {
    for (const kept of keptDumps.filter(({ form }) =>
      /^(quit-crash|debug1|leak|proto|twice|cgo)$/.test(form),
    )) {
      const whole = plain(await readBytes(kept.bytes, kept.bytes.length));
      for (const size of [1, 13, 1000]) {
        expect(plain(await readBytes(kept.bytes, size)), `${kept.name} by ${size}`).to.deep.equal(whole);
      }
    }
  });

  it('have the frames that the text has', async () => {
    for (const kept of keptDumps.filter(({ form }) =>
      /^(debug2|asleep|panic-all|timeout|bubble|deep)$/.test(form),
    )) {
      const lines = linesOf(kept);
      const own = lines.filter(
        (line, index) =>
          /^\t.*:\d+( \+0x[0-9a-f]+)?$/.test(line) && !lines[index - 1]?.startsWith('created by '),
      );
      expect(framesOf(await readBytes(kept.bytes)), kept.name).to.equal(own.length);
    }
  });

  it('tell of what is leaked, durable, unavailable, elided and waited for minutes', async () => {
    const stacks = async (pattern: RegExp) => {
      const found = keptDumps.filter(({ form }) => pattern.test(form));
      expect(found, String(pattern)).not.to.have.length(0);
      const read = await Promise.all(found.map(({ bytes }) => readBytes(bytes)));
      return read.map((dumps) => dumps.flatMap((dump) => dump.stacks));
    };
    for (const all of await stacks(/^leak$/)) {
      expect(all.filter(({ leaked }) => leaked).map(({ waitReason }) => waitReason)).to.include(
        'chan receive (nil chan)',
      );
    }
    for (const all of await stacks(/^bubble$/)) expect(all.some(({ durable }) => durable)).to.equal(true);
    for (const all of await stacks(/^unavailable$/)) {
      expect(all.some(({ lack, status }) => lack === 'unavailable' && status === 'running')).to.equal(true);
    }
    for (const all of await stacks(/^running-crash$/)) {
      expect(all.filter(({ lack }) => lack === 'unavailable')).to.deep.equal([]);
      expect(all.some(({ frames }) => frames.some((frame) => frame.function === 'main.spin'))).to.equal(true);
    }
    for (const all of await stacks(/^deep$/)) {
      const [elided] = all.filter(({ lack }) => lack === 'elided');
      expect(elided?.frames.length).to.be.within(98, 100);
    }
    for (const all of await stacks(/^minutes$/)) {
      const waited = all.flatMap(({ members }) => members.map(({ minutes }) => minutes));
      expect(waited.filter((minutes) => minutes === 1)).to.have.length.at.least(crewSize - 2);
    }
    for (const all of await stacks(/^labels$/)) {
      expect(all.map(({ labels }) => labels).filter(Boolean)).to.deep.equal([
        { request: 'GET "/a b"', user: '7' },
      ]);
    }
  });
});
