import type { ObjectRow } from '../../report/page-data.js';
import { Copy, Table } from './parts.js';
import { number, shortName } from './words.js';

const most = 200;

/** What is held or waited for. */
export function Objects({ objects }: { readonly objects: readonly ObjectRow[] }) {
  return (
    <Table
      label="Channels and locks"
      head={['object', 'kind', 'state', 'waiting', 'address', 'part of', 'in Delve']}
    >
      {objects.slice(0, most).map((one) => (
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
          <td>{one.finding === undefined ? '' : <a href={`#${one.finding}-${one.id}`}>{one.finding}</a>}</td>
          <td>
            {one.kind === 'channel' && (
              <Copy
                text={`print *(*"runtime.hchan")(${one.address})`}
                what={`the command that prints ${one.id}`}
              />
            )}
          </td>
        </tr>
      ))}
    </Table>
  );
}
