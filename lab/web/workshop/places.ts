/** Pages beside the steps. */
export const certificateAddress = '#/certificate';
export const glossaryAddress = '#/glossary';

export function addressOf(lesson: string, step: string): string {
  return `#/${lesson}/${step}`;
}
