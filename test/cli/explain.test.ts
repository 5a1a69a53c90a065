import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { projectRoot } from '../../lab/paths.js';
import { lab } from '../lab-process.js';
import { tempFolder } from '../temp-folder.js';

describe('lab analyze --explain', function () {
  this.timeout(30_000);

  it('explains a rule without a core, for people and for machines', async () => {
    const told = await lab(['analyze', '--explain', 'leaked-sender']);
    expect([told.exitCode, told.stderr]).to.deep.equal([0, '']);
    expect(told.stdout)
      .to.match(/^leaked-sender {2}communication\/channel\n/)
      .and.to.match(/^ {2}npx lab run search$/m);
    const { exitCode, stdout } = await lab(['analyze', '--explain', 'leaked-sender', '--json']);
    expect(exitCode).to.equal(0);
    expect(JSON.parse(stdout)).to.deep.include({ kind: 'rule', rule: 'leaked-sender' });
  });

  it('refuses what it does not know, with what it does, and an explanation beside a file', async () => {
    const unknown = await lab(['analyze', '--explain', 'bad-luck']);
    expect(unknown.exitCode).to.equal(64);
    expect(unknown.stderr.replace(/\s+/g, ' ')).to.match(
      /nothing to explain is called bad-luck.*G42.*lock-order/,
    );
    const both = await lab(['analyze', '--explain', 'lock-order', '--svg', 'graph.svg']);
    expect(both.exitCode).to.equal(64);
    expect(both.stderr).to.match(/--explain prints one explanation.*--svg/s);
  });
});

describe('lab checklist', function () {
  this.timeout(30_000);

  it('prints the claims of a stored run, and says of another where they come from', async () => {
    await using folder = await tempFolder();
    const dir = folder.file('2026-11-23T042011-blog');
    await cp(join(projectRoot, 'test/fixtures/report/blog'), dir, { recursive: true });
    const told = await lab(['checklist', dir]);
    expect([told.exitCode, told.stderr]).to.deep.equal([0, '']);
    expect(told.stdout)
      .to.match(/^holds {4}The server says/m)
      .and.to.match(/^33 claims: /m);
    const rows: unknown = JSON.parse((await lab(['checklist', dir, '--json'])).stdout);
    expect(rows).to.be.an('array').and.to.have.length(33);
    await rm(join(dir, 'checklist.json'));
    const none = await lab(['checklist', dir]);
    expect(none.exitCode).to.equal(64);
    expect(none.stderr).to.match(/no checklist.*npx lab run blog/s);
  });
});
