import { appendFileSync, readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';

/** What the scripted vagrant does for one command. */
const playSchema = z.strictObject({
  /**
   * The command's first words, for example `snapshot list`; empty for any. The longest that fits counts; where there
   * are several of it they are played one after the other, and the last one for ever.
   */
  command: z.string(),
  /** Written one after the other, as they are. */
  stdout: z.array(z.string()).default([]),
  /** Milliseconds before each of them. */
  everyMs: z.number().default(0),
  stderr: z.string().default(''),
  exitCode: z.number().default(0),
  /** Does not end by itself. */
  hangs: z.boolean().default(false),
  /** After a SIGINT: ends when the time is over, as Vagrant does after putting things away; never without one. */
  endsAfterInterruptMs: z.number().optional(),
  ignoresTerm: z.boolean().default(false),
});
const scriptSchema = z.strictObject({ journal: z.string(), plays: z.array(playSchema) });

export type Play = z.input<typeof playSchema>;

/** One line of the journal. */
export const journalSchema = z.object({
  pid: z.number(),
  argv: z.array(z.string()).optional(),
  signal: z.string().optional(),
  ended: z.number().optional(),
});
export type JournalEntry = z.infer<typeof journalSchema>;

/** A program that plays recorded outputs of Vagrant: `node vagrant.js SCRIPT ARGUMENTS...`. */
async function play(): Promise<void> {
  const [scriptFile = '', ...argv] = process.argv.slice(2);
  const { journal, plays } = scriptSchema.parse(JSON.parse(readFileSync(scriptFile, 'utf8')));
  const write = (entry: Omit<JournalEntry, 'pid'>): void =>
    appendFileSync(journal, `${JSON.stringify({ pid: process.pid, ...entry })}\n`);
  const command = argv.join(' ');
  const earlier = readJournal(journal).filter((each) => each.argv?.join(' ') === command).length;
  const longest = Math.max(
    ...plays.map((each) => (command.startsWith(each.command) ? each.command.length : -1)),
  );
  const fitting = plays.filter((each) => command.startsWith(each.command) && each.command.length === longest);
  const now = fitting[Math.min(earlier, fitting.length - 1)];
  const end = (exitCode: number): never => {
    write({ ended: exitCode });
    process.exit(exitCode);
  };
  process.on('SIGINT', () => {
    write({ signal: 'SIGINT' });
    if (now?.endsAfterInterruptMs !== undefined) setTimeout(() => end(1), now.endsAfterInterruptMs);
  });
  process.on('SIGTERM', () => {
    write({ signal: 'SIGTERM' });
    if (now?.ignoresTerm !== true) end(1);
  });
  write({ argv });
  if (now === undefined) throw new Error(`nothing to play for: ${command}`);
  process.stderr.write(now.stderr);
  for (const text of now.stdout) {
    if (now.everyMs > 0) await new Promise((resolve) => setTimeout(resolve, now.everyMs));
    await new Promise((resolve) => process.stdout.write(text, resolve));
  }
  if (now.hangs) setInterval(() => undefined, 60_000);
  else end(now.exitCode);
}

export function readJournal(path: string): readonly JournalEntry[] {
  try {
    const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean);
    return lines.map((line) => journalSchema.parse(JSON.parse(line)));
  } catch {
    return [];
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await play();
