import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Writes a lesson whose core is that of the kit that it comes with. Returns its folder. */
export async function writeLesson(folder: string): Promise<string> {
  await mkdir(folder);
  const head = ['---', 'title: Sent', 'goal: Find who holds up all others.', 'scenario: blog', '---', ''];
  const step = [
    '---',
    'title: Look',
    'goal: Name the goroutine.',
    'minutes: 5',
    'setup: { kind: kit }',
    'commands: ["dlv core server {{core}}"]',
    'check: { kind: answer, ask: [{ fact: goroutine, label: Its number }] }',
    'hints: [Who should receive?]',
    'solve: answers',
    '---',
    'Look at the channel.',
    '',
  ];
  await writeFile(join(folder, 'lesson.md'), head.join('\n'));
  await writeFile(join(folder, '01-look.md'), step.join('\n'));
  return folder;
}
