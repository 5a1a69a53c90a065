import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import writeFileAtomic from 'write-file-atomic';
import { poll } from '../lab/deadline.js';
import { localTarget } from '../lab/targets/local.js';
import type { TargetProcess } from '../lab/targets/target.js';
import { locate } from '../lab/toolchain/locate.js';
import { goBuild, programsFolder } from './go-build.js';
import { goBuildEnv } from './go-build-env.js';
import type { TempFolder } from './temp-folder.js';

/** Goroutines that `hungProgram` leaves blocked, besides its main one. */
export const blockedGoroutines = 41;

/** 40 senders and one consumer that sends into the full channel which it alone drains, and which `main` still has. */
const source = `package main

import (
	"fmt"
	"runtime"
	"time"
)

type parcel struct{ label string }

type depot struct {
	in     chan parcel
	opened int
}

func (d *depot) put(p parcel) { d.in <- p }

func (d *depot) unpack() {
	for p := range d.in {
		d.opened++
		time.Sleep(5 * time.Millisecond)
		d.put(parcel{p.label + "ä📦"})
		d.put(p)
	}
}

func main() {
	d := &depot{in: make(chan parcel, 8)}
	for i := 0; i < 40; i++ {
		go d.put(parcel{fmt.Sprint("p", i)})
	}
	go d.unpack()
	for last := -1; ; time.Sleep(20 * time.Millisecond) {
		if d.opened == last && len(d.in) == cap(d.in) {
			break
		}
		last = d.opened
	}
	fmt.Println("ready", runtime.NumGoroutine())
	time.Sleep(time.Hour)
	fmt.Println("opened", d.opened)
}
`;

/** Every Go at hand, the one on PATH first. */
export async function goTools(signal: AbortSignal): Promise<readonly { path: string; version: string }[]> {
  const paths = await locate(localTarget(), 'go', ['/usr/local/go/bin', '/usr/bin'], signal);
  const tools: { path: string; version: string }[] = [];
  for (const path of paths) {
    const { stdout, exitCode } = await execa(path, ['env', 'GOVERSION'], { reject: false, env: goBuildEnv });
    if (exitCode === 0 && !tools.some(({ version }) => version === stdout))
      tools.push({ path, version: stdout });
  }
  return tools;
}

/** Those of the module proxy that `LAB_TEST_GO` asks for, as in `1.21.13,1.27.1`. */
export async function askedGos(): Promise<readonly { path: string; version: string }[]> {
  const versions = (process.env['LAB_TEST_GO'] ?? '').split(',').filter(Boolean);
  return await Promise.all(
    versions.map(async (version) => {
      const { stdout } = await execa('go', ['env', 'GOROOT'], { env: { GOTOOLCHAIN: `go${version}` } });
      return { path: `${stdout}/bin/go`, version: `go${version}` };
    }),
  );
}

export interface BuildOptions {
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly edit?: (source: string) => string;
  /** Its sources lie in `<name>-src` beside it, for a test that does something to them. */
  readonly ownSources?: boolean;
}

/** The module of the program of this file, at the place that is in the debug information of all that share it. */
export async function hungModule(edit: (source: string) => string = (text) => text): Promise<string> {
  const text = edit(source);
  const name = `depot-${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;
  return await writeModule(join(programsFolder, name), text);
}

async function writeModule(folder: string, text: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  await writeFileAtomic(join(folder, 'go.mod'), 'module example.com/depot\n\ngo 1.19\n');
  await writeFileAtomic(join(folder, 'main.go'), text);
  return folder;
}

/** Builds the program of this file as `name` in the folder; returns the executable's path. */
export async function buildHung(
  go: string,
  folder: TempFolder,
  name: string,
  { flags = [], env = {}, edit = (text) => text, ownSources = false }: BuildOptions = {},
): Promise<string> {
  const module = ownSources
    ? await writeModule(folder.file(`${name}-src`), edit(source))
    : await hungModule(edit);
  const exe = folder.file(name);
  await goBuild({ go, module, exe, flags, env });
  return exe;
}

/** Starts it and waits until it says that all is stuck. */
export async function startHung(
  exe: string,
  folder: TempFolder,
  signal: AbortSignal,
  args: readonly string[] = [],
): Promise<TargetProcess> {
  const logFile = folder.file(`log-${process.hrtime.bigint()}`);
  const started = await localTarget().start([exe, ...args], { signal, logFile });
  const ready = await poll(async () => (await readFile(logFile, 'utf8')).includes('ready') || undefined, {
    signal,
    deadlineMs: 15_000,
    everyMs: 10,
  });
  if (ready === true) return started;
  await started[Symbol.asyncDispose]();
  throw new Error(`${exe} did not get ready`);
}
