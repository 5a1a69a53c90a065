import { expect } from 'chai';
import { quoteWord } from '../../lab/quote-word.js';
import { commandLine } from '../../lab/report/shell.js';
import { transcript } from '../../lab/report/transcript.js';
import { wrap } from '../../lab/report/wrap.js';
import type { CommandRecord } from '../../lab/store/command-record.js';
import { localTarget } from '../../lab/targets/local.js';

const record = (parts: Partial<CommandRecord>): CommandRecord => ({
  ...{ id: 'one', pipeline: [['true']], exitCode: 0, signal: null, timedOut: false },
  ...{ stdout: '', stderr: '', startedAt: '2018-12-02T10:00:00Z', durationMs: 5_012 },
  ...parts,
});
const shown = (parts: Partial<CommandRecord>) =>
  transcript({
    ...{ title: 'T', text: 'Words.', dir: '/runs/1' },
    chapters: [{ title: 'C', text: '', records: [record(parts)] }],
  });

describe('a word in a command line', () => {
  it('means the same to a shell as it did to the program', async () => {
    const { signal } = new AbortController();
    for (const word of [
      'plain',
      "it's",
      '$(id)',
      'a b',
      '',
      '*',
      '\\',
      '"',
      '{"a":1}',
      '~',
      '!x',
      '-n',
      'a\nb',
      '=x',
    ]) {
      const asked = ['sh', '-c', `printf '%s' ${quoteWord(word)}`];
      const { stdout } = await localTarget().exec(asked, { signal });
      expect(stdout, word).to.equal(word);
    }
  });
});

describe('a command line', () => {
  it('names programs and files as a person in the folder of the run does', () => {
    const argv = ['/cache/bin/dlv', 'core', '/runs/1/server', '/runs/1/core.16', '/elsewhere/x'];
    expect(commandLine(record({ pipeline: [argv] }), '/runs/1')).to.equal(
      'dlv core server core.16 /elsewhere/x',
    );
    expect(commandLine(record({ pipeline: [['/runs/1/server', '--addr=:1']] }), '/runs/1')).to.equal(
      './server --addr=:1',
    );
  });

  it('joins pipes, redirections and the background', () => {
    const pipeline = [['jq', '-c', '.a[] | .b', 'list.json'], ['sort'], ['uniq', '-c']];
    expect(commandLine(record({ pipeline, stdoutFile: 'out.txt', background: true }), '/runs/1')).to.equal(
      "jq -c '.a[] | .b' list.json | sort | uniq -c > out.txt &",
    );
  });
});

describe('the transcript', () => {
  it('shows a command, what it printed, and how it failed', () => {
    const stderr = 'curl: (28) Operation timed out\n';
    const { markdown, files } = shown({ pipeline: [['curl', 'http://x/?a=1']], exitCode: 28, stderr });
    expect(markdown).to.contain("```console\n$ curl 'http://x/?a=1'\ncurl: (28) Operation timed out\n```");
    expect(markdown).to.contain('*Exit status 28, after 5.0 s.*');
    expect(markdown).to.contain('<a id="one"></a>');
    expect(files).to.deep.equal([]);
  });

  it('shortens a long output in its middle and keeps it whole in a file', () => {
    const stdout = Array.from({ length: 1_000 }, (_, index) => `line ${index}\n`).join('');
    const { markdown, files } = shown({ stdout });
    expect(markdown).to.contain('line 0\n').and.to.contain('line 999\n').and.to.not.contain('line 500\n');
    const left = 1_000 - markdown.split('\n').filter((line) => /^line \d+$/.test(line)).length;
    expect(markdown).to.contain(`... ${left} lines left out; all are in output/one.txt ...`);
    expect(files).to.deep.equal([{ name: 'output/one.txt', text: stdout }]);
  });

  it('puts what was typed into Delve between its answers', () => {
    const input = 'goroutine 20\nexit\n';
    const { markdown } = shown({ input, stdout: 'Type help.\n(dlv) Switched from 0 to 20\n(dlv) ' });
    expect(markdown).to.contain('(dlv) goroutine 20\nSwitched from 0 to 20\n(dlv) exit\n');
  });

  it('keeps an output inside its block, whatever it prints', () => {
    const { markdown } = shown({ stdout: '```\n# not a heading\n\u001b[31mred\u001b[0m' });
    expect(markdown).to.contain('````console\n$ true\n```\n# not a heading\nred\n````');
  });
});

describe('wrapped text', () => {
  it('fits its width and loses nothing', () => {
    const text = `some words ${'x'.repeat(200)} and more of them`;
    const lines = wrap(text, { width: 40, indent: '    ', first: '  - ' });
    expect(Math.max(...lines.map((line) => line.length))).to.be.at.most(40);
    expect(lines[0]).to.match(/^ {2}- some words/);
    expect(
      lines
        .map((line) => line.slice(4))
        .join('')
        .replaceAll(' ', ''),
    ).to.equal(text.replaceAll(' ', ''));
  });
});
