import type { DiagnosisPart } from '../../../report/page-data.js';
import { Commands } from '../parts.js';
import { fileName, number, quoteWord } from '../words.js';

/** How to get what the page has no room for. */
export function Missing({
  diagnosis,
  ofRun,
}: {
  readonly diagnosis: DiagnosisPart;
  readonly ofRun: boolean;
}) {
  const { members, process, goroutines } = diagnosis;
  const listed = members?.goroutines ?? 0;
  if (listed >= process.goroutines.total) return null;
  const [exe, core] = [process.exe, process.core].map((path) => quoteWord(fileName(path)));
  // A run of an older version of the lab, or one out of a kit, has no such file yet.
  const inFolder = ofRun && members !== undefined;
  const analyse = ofRun
    ? 'npx lab analyze --run .'
    : `npx lab analyze --exe ${exe} --core ${core} --members members.jsonl`;
  const first = goroutines.groups.id[0] ?? 'S1';
  return (
    <div class="missing">
      <p class="dim">
        {members === undefined
          ? 'Of each group, this page names a few goroutines.'
          : `${number(listed)} of ${number(process.goroutines.total)} goroutines are listed on this page${members.firstOfEach === undefined ? '' : `, of each group the first ${number(members.firstOfEach)}`}.`}{' '}
        {inFolder ? 'The file members.jsonl in the folder of the run has all' : 'All of them as a file'}; and
        those of one group:
      </p>
      <Commands
        lines={[...(inFolder ? [] : [analyse]), `jq 'select(.group == "${first}").ids[]' members.jsonl`]}
        prompt="$"
        what="the commands that list all goroutines"
      />
    </div>
  );
}
