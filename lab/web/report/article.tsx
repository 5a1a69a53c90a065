import type { RunPart } from '../../report/page-data.js';
import { Ticked } from './parts.js';
import { Table } from './table.js';

const outcomes = {
  holds: 'holds',
  differs: 'differs',
  fails: 'fails',
  'not-observed': 'not observed',
} as const;

const many = { holds: 'hold', differs: 'differ', fails: 'fail', 'not-observed': 'not observed' } as const;

/** The article's claims, what this run saw of each, and where the evidence lies. */
export function Article({ rows }: { readonly rows: RunPart['checklist'] }) {
  const count = (outcome: keyof typeof outcomes): number =>
    rows.filter((row) => row.outcome === outcome).length;
  const told = (Object.keys(outcomes) as (keyof typeof outcomes)[]).filter((one) => count(one) > 0);
  return (
    <>
      <p>
        {rows.length} claims: {told.map((one) => `${count(one)} ${many[one]}`).join(', ')}.
      </p>
      <Table label="The article's claims" head={['outcome', 'what the article says', 'what this run saw']}>
        {rows.map(({ id, outcome, claim, seen, why, evidence }) => (
          <tr key={id}>
            <td>
              <span class={`tag ${outcome}`}>{outcomes[outcome]}</span>
            </td>
            <td>
              <Ticked text={claim} />
            </td>
            <td>
              <Ticked text={seen} />
              {why !== undefined && (
                <div class="dim">
                  Why: <Ticked text={why} />
                </div>
              )}
              <div class="dim">
                <a
                  href={`./${encodeURI(evidence.file)}${evidence.at?.startsWith('#') === true ? evidence.at : ''}`}
                >
                  {evidence.file}
                </a>
                {evidence.at !== undefined && ` ${evidence.at}`}
              </div>
            </td>
          </tr>
        ))}
      </Table>
    </>
  );
}

/** The scenario's manifest against the diagnosis. */
export function Expected({ rows }: { readonly rows: RunPart['expectations'] }) {
  return (
    <Table label="Expected and found" head={['what', 'expected', 'found', 'outcome']}>
      {rows.map(({ what, expected, found, met }) => (
        <tr key={what}>
          <td>{what}</td>
          <td>{expected}</td>
          <td>{found}</td>
          <td>
            <span class={`tag ${met ? 'holds' : 'fails'}`}>{met ? 'met' : 'not met'}</span>
          </td>
        </tr>
      ))}
    </Table>
  );
}

/** What a crowd of clients took at each size. */
export function Stampede({ stampede }: { readonly stampede: NonNullable<RunPart['stampede']> }) {
  return (
    <>
      <p>{stampede.text}</p>
      <Table scrolls label="The stampede" head={stampede.head}>
        {stampede.rows.map((cells) => (
          <tr key={cells[0]}>
            {cells.map((cell, i) => (
              <td key={i}>{cell}</td>
            ))}
          </tr>
        ))}
      </Table>
      <ul>
        {stampede.afterwards.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </>
  );
}
