import type { ObjectRow } from '../../report/page-data.js';
import { Copy, LeftOut } from './parts.js';
import { Table } from './table.js';
import { number, shortName } from './words.js';

/** What is held or waited for. */
export function Objects({
  objects,
  leftOut,
}: {
  readonly objects: readonly ObjectRow[];
  readonly leftOut: number;
}) {
  return (
    <>
      <Table
        label="Channels and locks"
        head={['object', 'kind', 'state', 'waiting', 'address', 'part of', 'in Delve']}
      >
        {objects.map((one) => (
          <tr key={`${one.finding ?? ''} ${one.id}`}>
            <td>
              <b>{one.id}</b> <code>{shortName(one.name)}</code>
            </td>
            <td>
              {one.kind}
              {one.elemType !== undefined && (
                <>
                  {' '}
                  of <code>{shortName(one.elemType)}</code>
                </>
              )}
            </td>
            <td>{one.state}</td>
            <td class="number">{one.waiting === undefined ? '' : number(one.waiting)}</td>
            <td>
              <code>{one.address}</code>
            </td>
            <td>
              {one.finding === undefined ? '' : <a href={`#${one.finding}-${one.id}`}>{one.finding}</a>}
            </td>
            <td>
              {one.kind === 'channel' && one.cap !== undefined && (
                <Copy
                  text={`print *(*"runtime.hchan")(${one.address})`}
                  what={`the command that prints ${one.id}`}
                />
              )}
            </td>
          </tr>
        ))}
      </Table>
      <LeftOut what={[[leftOut, 'object', objects.length]]} />
    </>
  );
}
