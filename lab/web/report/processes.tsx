import type { FindingPart, ProcessPart } from '../../report/page-data.js';
import { behind, counted, number } from './words.js';

const most = 20;

/** In which of several processes a finding was seen, and what differs between them. */
export function Processes({
  finding: { instances = [], differs = [] },
  processes,
}: {
  readonly finding: FindingPart;
  readonly processes: readonly ProcessPart[];
}) {
  const [told] = instances;
  if (told === undefined || processes.length === 0) return null;
  // How many wait behind it is told of each process anyway.
  const others = differs.filter(({ what }) => what !== behind);
  return (
    <section class="processes" aria-label="Processes">
      <p>
        <b>
          In {number(instances.length)} of {counted(processes.length, 'process', 'processes')}
        </b>
        , told as {told.instance} shows it:
      </p>
      <ul>
        {instances.slice(0, most).map(({ instance, victims }) => {
          const of = processes.find(({ id }) => id === instance);
          const values = others.flatMap(({ what, values: all }) => {
            const own = all.find((one) => one.instance === instance);
            return own === undefined ? [] : [`${what}: ${own.value}`];
          });
          return (
            <li key={instance}>
              <b>{instance}</b> <code>{of?.name}</code>
              {of !== undefined && of.pid !== null && `, pid ${of.pid}`}
              {of !== undefined && `: ${counted(of.goroutines, 'goroutine')}`}, {number(victims)} behind it
              {values.length > 0 && <span class="dim"> ({values.join('; ')})</span>}
            </li>
          );
        })}
      </ul>
      {instances.length > most && <p class="dim">and {number(instances.length - most)} more</p>}
    </section>
  );
}
