import picomatch from 'picomatch';
import { LabError } from '../errors.js';
import type { Scenario } from '../scenarios/scenario.js';
import type { DelveTool } from '../toolchain/delve.js';
import type { GoTool } from '../toolchain/go.js';

export type Variant = 'faulty' | 'fixed';

/** One Go and one Delve that are to work together. */
export interface ToolPair {
  readonly go: GoTool;
  readonly delve: DelveTool;
  /** Why this Delve does not read what this Go builds. */
  readonly unfit?: string;
}

/** One scenario, faulty or repaired, on one pair of tools. */
export interface CellPlan {
  /** Unique in a regression; fit for a file name. */
  readonly id: string;
  readonly scenario: string;
  readonly variant: Variant;
  /** For example `1.26.8`. */
  readonly go: string;
  /** For example `1.27.2`. */
  readonly delve: string;
  /** Why the cell cannot be run. */
  readonly notApplicable?: string;
}

/** Every cell, faulty before repaired, scenario by scenario, pair by pair. */
export function planCells(
  scenarios: readonly Pick<Scenario, 'name'>[],
  pairs: readonly ToolPair[],
): readonly CellPlan[] {
  return pairs.flatMap(({ go, delve, unfit }) =>
    scenarios.flatMap(({ name }) =>
      (['faulty', 'fixed'] as const).map((variant) => ({
        ...identify({ scenario: name, variant, go: go.version, delve: delve.version }),
        ...(unfit === undefined ? {} : { notApplicable: unfit }),
      })),
    ),
  );
}

/** A cell with its id. */
export function identify(cell: Omit<CellPlan, 'id' | 'notApplicable'>): CellPlan {
  return { id: `${cell.scenario}-${cell.variant}-go${cell.go}-dlv${cell.delve}`, ...cell };
}

/** Names that a glob matches, in their order; throws `usage` when it matches none. */
export function selectNames<T extends { readonly name: string }>(
  all: readonly T[],
  glob: string | undefined,
): readonly T[] {
  if (glob === undefined) return all;
  const matches = picomatch(glob);
  const chosen = all.filter(({ name }) => matches(name));
  if (chosen.length > 0) return chosen;
  throw new LabError(`no scenario is called ${JSON.stringify(glob)}`, {
    code: 'usage',
    hint: `choose of: ${all.map(({ name }) => name).join(', ')}`,
  });
}

/** A comma-separated list without repetitions. */
export function listOf(text: string | undefined): readonly string[] {
  const parts = (text ?? '').split(',').map((part) => part.trim());
  return [...new Set(parts.filter((part) => part !== ''))];
}
