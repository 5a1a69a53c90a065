import type { Group } from '../analysis/model/diagnosis.js';

/** A label that is looked for. */
export interface WantedLabel {
  readonly key: string;
  readonly value: string;
}

/** Goroutines of a group that have a label, as far as the diagnosis lists their labels. */
export function countWith({ labels = [] }: Pick<Group, 'labels'>, { key, value }: WantedLabel): number {
  const having = labels.filter(({ set }) => Object.hasOwn(set, key) && set[key] === value);
  return having.reduce((sum, { count }) => sum + count, 0);
}

/** `3 x handler=/orders, tenant=acme` for each set, those that most have first; at most so many. */
export function labelLines({ labels = [] }: Pick<Group, 'labels'>, most: number): string[] {
  const lines = labels.slice(0, most).map(({ set, count }) => `${count} x ${labelsOf(set)}`);
  return labels.length > most ? [...lines, `... ${labels.length - most} more`] : lines;
}

/** `handler=/orders, tenant=acme` */
export const labelsOf = (set: Readonly<Record<string, string>>): string =>
  Object.entries(set)
    .map(([key, value]) => `${key}=${value}`)
    .join(', ');
