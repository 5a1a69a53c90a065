import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { execa } from 'execa';
import { analyzeDump } from '../../lab/analysis/analyze-dump.js';
import type { Diagnosis } from '../../lab/analysis/model/diagnosis.js';
import { poll } from '../../lab/deadline.js';
import { readDumps } from '../../lab/dump/index.js';
import { goBuild } from '../go-build.js';
import { goTools } from '../hung-program.js';
import { resultOf, sideBySide } from '../side-by-side.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';

const fixtures = resolve(fileURLToPath(import.meta.url), '../../../../test/fixtures/go');
const { signal } = new AbortController();
const [go] = await goTools(signal);
const readyMs = 30_000;

/** Situations that hang, and the rule that the first finding of their dump has. */
const hung: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  channels: {
    'crew-of-itself': 'pool-waits-for-itself',
    'early-return': 'leaked-sender',
    'forgotten-close': 'forgotten-close',
    'leaked-sender': 'leaked-sender',
    'nil-send': 'nil-channel',
    ring: 'channel-ring',
    'self-consumer': 'self-blocked-consumer',
  },
  locks: {
    'ab-ba': 'lock-order',
    'channel-lock': 'channel-lock',
    dining: 'lock-order',
    'double-lock': 'double-lock',
    leaked: 'leaked-lock',
    'leaked-panic': 'leaked-lock',
    'leaked-read': 'leaked-lock',
    'lost-signal': 'lost-signal',
    miscount: 'waitgroup-misuse',
    'once-in-once': 'double-lock',
    'passed-group': 'channel-waitgroup',
    'read-under-write': 'double-lock',
    rwr: 'read-write-read',
    'wait-first': 'channel-waitgroup',
  },
};
/** Those that are well, and busy. */
const healthy: Readonly<Record<string, readonly string[]>> = {
  channels: ['idle-pool', 'lock-queue', 'moved-on', 'request-reply', 'rescued', 'slow-consumer', 'ticker'],
  locks: [
    'cond-queue',
    'cond-relock',
    'contended',
    'handed-over',
    'helper-holder',
    'io-holder',
    'job-counter',
    'method-value',
    'per-session',
    'pointer-holder',
    'promoted',
    'readers-busy',
    'shared-group',
    'shared-pointer',
    'sleeping-holder',
    'slow-once',
    'spawning',
    'spawns-later',
    'syscall-holder',
    'unlocks-inside',
    'workers',
  ],
  healthy: [
    'after-func',
    'bounded-semaphore',
    'cache',
    'connection-pool',
    'context-tree',
    'error-group',
    'http-server',
    'pipeline',
    'pub-sub',
    'request-reply',
    'supervisor',
    'tickers',
    'watched',
    'worker-pool-busy',
    'worker-pool-idle',
  ],
};

describe('goroutine dumps of programs, with their sources', function () {
  this.timeout(120_000);
  if (go === undefined) return;
  let folder: TempFolder;

  before(async () => {
    folder = await tempFolder();
    for (const fixture of ['channels', 'locks', 'healthy'])
      await goBuild({ go: go.path, module: resolve(fixtures, fixture), exe: folder.file(fixture) });
  });
  after(async () => await folder[Symbol.asyncDispose]());

  for (const fixture of ['channels', 'locks', 'healthy']) {
    const names = [...Object.keys(hung[fixture] ?? {}), ...(healthy[fixture] ?? [])];
    describe(`of ${fixture}`, () => {
      let results = new Map<string, Promise<Diagnosis>>();
      before(() => {
        results = sideBySide(names, (name) => diagnosed(folder.file(fixture), name));
        for (const result of results.values()) result.catch(() => undefined);
      });
      after(async () => {
        await Promise.allSettled(results.values());
      });

      for (const [name, rule] of Object.entries(hung[fixture] ?? {})) {
        it(`${name} is suspected of ${rule}`, async () => {
          const { findings, verdict, stats } = await resultOf(results, name);
          expect(findings[0]?.rule).to.equal(rule);
          expect(verdict).to.equal(rule === 'nil-channel' ? 'deadlock' : 'unknown');
          expect(findings[0]?.certainty).to.equal(rule === 'nil-channel' ? 'proved' : 'suspected');
          expect(stats.engine).to.equal('dump');
        });
      }
      for (const name of healthy[fixture] ?? []) {
        it(`nobody is suspected in ${name}`, async () => {
          const { findings } = await resultOf(results, name);
          expect(findings.map(({ explanation }) => explanation)).to.deep.equal([]);
        });
      }
    });
  }
});

/** Starts a program in a situation, has it print its goroutines when it says that it is ready, and diagnoses them. */
async function diagnosed(exe: string, situation: string): Promise<Diagnosis> {
  const program = execa(exe, [situation], { reject: false, maxBuffer: 1 << 26, timeout: readyMs });
  let printed = '';
  program.stdout?.on('data', (chunk: Buffer) => {
    printed += chunk.toString();
  });
  await poll(async () => (printed.includes('ready') ? true : undefined), {
    ...{ signal, deadlineMs: readyMs, everyMs: 20 },
  });
  program.kill('SIGQUIT');
  const { stderr } = await program;
  const [dump] = await readDumps(textOf(stderr), { signal });
  if (dump === undefined) throw new Error(`${situation} printed no dump`);
  return await analyzeDump(dump, { name: `${situation}.txt` }, () => undefined, signal);
}

async function* textOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}
