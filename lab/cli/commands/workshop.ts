import { userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { complaintsText } from '../../complaints.js';
import { decimal } from '../../decimal.js';
import { LabError } from '../../errors.js';
import { runsFolder } from '../../paths.js';
import { openClass, openWorkshop, type Workshop } from '../../workshop/workshop.js';
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
});

export const workshopCommand: LabCommand = {
  define: defineWorkshop,
  async act({ options, output, signal }) {
    const asked = parse(options);
    const { port, lesson, open } = asked;
    const folders = {
      dir: resolve(asked.dir ?? join(runsFolder(), 'workshop')),
      class: asked.class === undefined ? undefined : resolve(asked.class),
    };
    const lessonsFolder = asked.lessons === undefined ? undefined : resolve(asked.lessons);
    const given = { port, lesson, lessonsFolder, ...folders, name: asked.name ?? userInfo().username };
    await using workshop = asked.instructor ? await openClass(given) : await openWorkshop(given, signal);
    announce(workshop, output);
    if (open) await openInBrowser(workshop, output, signal);
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    if (workshop.folder !== undefined) {
      output.aside('progress is kept; what the lab had started is ended, what you started yourself goes on');
    }
    return 130;
  },
};

function parse(options: unknown): z.infer<typeof optionsSchema> {
  const parsed = optionsSchema.safeParse(options);
  if (parsed.success) return parsed.data;
  throw new LabError(complaintsText(parsed.error, options), {
    code: 'usage',
    hint: 'see `npx lab workshop --help`',
  });
}

function announce({ link, url, folder }: Workshop, output: Output): void {
  output.document({ url, link, folder: folder ?? null });
  output.print(`The workbook is open: ${link}`);
  if (folder !== undefined) output.aside(`progress is kept in ${folder}; Ctrl-C ends the workbook`);
}

async function openInBrowser({ link }: Workshop, output: Output, signal: AbortSignal): Promise<void> {
  const { execa } = await import('execa');
  const opener = process.platform === 'darwin' ? 'open' : 'xdg-open';
  const opened = await execa(opener, [link], { reject: false, cancelSignal: signal });
  if (opened.exitCode !== 0) output.aside(`no browser opened (${opener}); open the link yourself`);
}
