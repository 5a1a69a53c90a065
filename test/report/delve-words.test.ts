import { expect } from 'chai';
import { delveOfWalk } from '../../lab/report/delve-words.js';
import { reportMarkdown } from '../../lab/report/report-markdown.js';
import { diagnosisText } from '../../lab/report/screen/full-text.js';
import { articleDiagnosis } from '../checklist/article.js';
import { plainScreen } from '../fakes/screen.js';
import { storedRun } from './reports.js';

const own = { version: '1.27.2', path: '/home/a b/dlv', onPath: false };
const text = (delve?: typeof own) =>
  diagnosisText({ ...articleDiagnosis(), ...(delve && { delve }) }, plainScreen, { proof: true });

describe('the Delve that takes the commands of a proof', () => {
  it('is named once in the terminal, with its version and its path quoted for a shell', () => {
    const said = text(own);
    expect(said).to.contain(
      "(type the commands in `dlv core EXE CORE`)\n      The lab used Delve 1.27.2; here:\n          $ '/home/a b/dlv' core EXE CORE\n",
    );
    expect(said.split('1.27.2')).to.have.length(2);
    expect(text({ ...own, onPath: true })).to.contain('The lab used Delve 1.27.2, the `dlv` of its PATH.');
    expect(text()).to.not.contain('The lab used');
  });

  it('is named in report.md', async () => {
    const { report } = await storedRun();
    const diagnosis = { ...articleDiagnosis(), delve: own };
    expect(reportMarkdown({ ...report, diagnosis })).to.contain(
      "The lab used Delve 1.27.2; here: `'/home/a b/dlv'`",
    );
  });

  it('is in a transcript the one that the walk typed into', () => {
    const record = (pipeline: string[][]) => ({
      ...{ id: 'one', pipeline, exitCode: 0, signal: null, timedOut: false },
      ...{ stdout: '', stderr: '', startedAt: '2018-12-02T10:00:00Z', durationMs: 1 },
    });
    const records = [record([['jq', 'core']]), record([['/home/a b/dlv', 'core', '/runs/1/server']])];
    expect(delveOfWalk({ records }, '1.26.2', own)).to.equal(own);
    expect(delveOfWalk({ records }, '1.26.2', undefined)).to.deep.equal({ ...own, version: '1.26.2' });
    expect(delveOfWalk({ records: [] }, '1.26.2', own)).to.equal(undefined);
  });
});
