import { userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { complaintsText } from '../../complaints.js';
import { decimal } from '../../decimal.js';
import { LabError } from '../../errors.js';
import { runsFolder } from '../../paths.js';
import { boundTo } from '../../workshop/room/addresses.js';
import { classNames, largestClass } from '../../workshop/room/names.js';
import { openRoom, openSharedClass, type Room } from '../../workshop/room/room.js';
import { openWorkshop, type Workshop } from '../../workshop/workshop.js';
import type { LabCommand } from '../command.js';
import type { Output } from '../context.js';
import { defineWorkshop } from '../manual/workshop.js';

const optionsSchema = z.object({
  port: decimal(z.number().int().min(0).max(65535)).default(0),
  dir: z.string().optional(),
  name: z.string().optional(),
  lesson: z.string().optional(),
  lessons: z.string().optional(),
  class: z.string().optional(),
  instructor: z.boolean().default(false),
  open: z.boolean().default(false),
  bind: z.string().optional(),
  tls: z.boolean().default(false),
  coresOnly: z.boolean().default(false),
  names: z.string().optional(),
  minutes: decimal(z.number().int().min(30).max(480)).optional(),
});

type Asked = z.infer<typeof optionsSchema>;

export const workshopCommand: LabCommand = {
  define: defineWorkshop,
  async act({ options, output, signal }) {
    const asked = parse(options);
    const { port, lesson, minutes } = asked;
    const lessonsFolder = asked.lessons === undefined ? undefined : resolve(asked.lessons);
    const dir = resolve(asked.dir ?? join(runsFolder(), 'workshop'));
    const given = { port, lesson, lessonsFolder, minutes };
    const size = classSize(asked);
    if (size !== undefined) {
      const names = await classNames(size, asked.names);
      await using room = await openRoom(
        { ...given, dir, names, ...address(asked), coresOnly: asked.coresOnly, tell: output.aside },
        signal,
      );
      announceRoom(room, output);
      return await untilEnd(asked, room.deskLink, output, signal);
    }
    if (asked.instructor) {
      await using room = await openSharedClass({ ...given, class: sharedFolder(asked) });
      output.document({ url: room.url, link: room.deskLink, folder: null });
      output.print(`The class is open: ${room.deskLink}`);
      return await untilEnd(asked, room.deskLink, output, signal);
    }
    const shared = asked.class === undefined ? undefined : resolve(asked.class);
    const own = { ...given, dir, class: shared, name: asked.name ?? userInfo().username };
    await using workshop = await openWorkshop(own, signal);
    announce(workshop, output);
    return await untilEnd(asked, workshop.link, output, signal);
  },
};

function parse(options: unknown): Asked {
  const parsed = optionsSchema.safeParse(options);
  if (parsed.success) return parsed.data;
  throw misused(complaintsText(parsed.error, options));
}

function misused(message: string, hint = 'see `npx lab workshop --help`'): LabError {
  return new LabError(message, { code: 'usage', hint });
}

/** How many participants one process is to serve; `undefined` where `--class` names a folder, or nothing. */
function classSize(asked: Asked): number | undefined {
  const size = /^\d+$/.test(asked.class ?? '') ? Number(asked.class) : undefined;
  if (size === undefined) {
    const alone = (['bind', 'tls', 'names', 'coresOnly'] as const).find(
      (name) => asked[name] !== undefined && asked[name] !== false,
    );
    if (alone === undefined) return undefined;
    throw misused(
      `--${alone === 'coresOnly' ? 'cores-only' : alone} is for a class in one process`,
      'say how many they are: --class 20',
    );
  }
  if (size < 1 || size > largestClass) {
    throw misused(
      `a class has 1 to ${largestClass} participants`,
      `a folder of that name is ./${asked.class}`,
    );
  }
  if (asked.name !== undefined)
    throw misused('--name is one participant', 'give the names in a file: --names FILE');
  if (asked.instructor)
    throw misused('a class in one process has its own page for the teacher', 'leave --instructor out');
  return size;
}

/** Where the class meets. Beyond this machine tokens would cross the network for everybody to read. */
function address({ bind = '127.0.0.1', tls }: Asked): { readonly bind: string; readonly tls: boolean } {
  if (!boundTo(bind).isLoopback && !tls) {
    throw misused(`at ${bind} everybody in the network could read the links`, 'add --tls');
  }
  return { bind, tls };
}

function sharedFolder(asked: Asked): string {
  if (asked.class !== undefined) return resolve(asked.class);
  throw misused(
    'an instructor needs to know where the class is',
    'name the folder that everybody shares: --class DIR',
  );
}

/** Opens the page where that is wanted, and waits for Ctrl-C. */
async function untilEnd(
  { open, instructor }: Asked,
  link: string,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  if (open) await openInBrowser(link, output, signal);
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  if (!instructor) {
    output.aside('progress is kept; what the lab had started is ended, what you started yourself goes on');
  }
  return 130;
}

function announce({ link, url, folder }: Workshop, output: Output): void {
  output.document({ url, link, folder });
  output.print(`The workbook is open: ${link}`);
  output.aside(`progress is kept in ${folder}; Ctrl-C ends the workbook`);
}

function announceRoom({ url, deskLink, guests, linksFile, certificate }: Room, output: Output): void {
  output.document({ url, link: deskLink, folder: null, guests, linksFile, certificate });
  const width = Math.max(...guests.map(({ name }) => name.length));
  const lines = [`The class is open. For you: ${deskLink}`, 'For each participant, a link of their own:'];
  lines.push(...guests.map(({ name, link }) => `  ${name.padEnd(width)}  ${link}`));
  if (certificate !== undefined) {
    lines.push('Browsers warn of a certificate that nobody else has signed. Its SHA-256, to be compared:');
    lines.push(`  ${certificate.fingerprint}`);
  }
  output.print(lines.join('\n'));
  output.aside(`the links are in ${linksFile} too; Ctrl-C ends the class, progress and links are kept`);
}

async function openInBrowser(link: string, output: Output, signal: AbortSignal): Promise<void> {
  const { execa } = await import('execa');
  const opener = process.platform === 'darwin' ? 'open' : 'xdg-open';
  const opened = await execa(opener, [link], { reject: false, cancelSignal: signal });
  if (opened.exitCode !== 0) output.aside(`no browser opened (${opener}); open the link yourself`);
}
