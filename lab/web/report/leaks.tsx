import type { DiagnosisPart } from '../../report/page-data.js';
import { LeftOut } from './parts.js';
import { Table } from './table.js';
import { number, shortName } from './words.js';

const names = { both: 'both', runtime: 'only the runtime', lab: 'only the lab' } as const;

/** The runtime's own leak profile beside the diagnosis. */
export function Leaks({
  profile: { source, goroutines, groups, limits },
  leftOut,
}: {
  readonly profile: NonNullable<DiagnosisPart['leakProfile']>;
  readonly leftOut: number;
}) {
  return (
    <>
      <p>
        By <code>{source}</code> {number(goroutines)} goroutines are leaked.
      </p>
      {groups.length > 0 && (
        <Table
          label="The runtime's leak profile"
          head={['seen by', 'group', 'where', 'waits for', 'stuck', 'leaked', 'why']}
        >
          {groups.map(({ group, seenBy, place, waitReason, stuck, leaked, why }, i) => (
            <tr key={i}>
              <td>{names[seenBy]}</td>
              <td>{group === null ? '' : group}</td>
              <td>
                <code>{shortName(place.function)}</code> {place.file.slice(place.file.lastIndexOf('/') + 1)}:
                {place.line}
              </td>
              <td>{waitReason}</td>
              <td class="number">{number(stuck)}</td>
              <td class="number">{number(leaked)}</td>
              <td>{why}</td>
            </tr>
          ))}
        </Table>
      )}
      <LeftOut what={[[leftOut, 'group', groups.length]]} />
      {limits.map((limit) => (
        <p key={limit}>{limit}</p>
      ))}
    </>
  );
}
