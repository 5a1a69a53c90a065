import { copyFile, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { expect } from 'chai';
import { projectRoot } from '../../lab/paths.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';

const kept = (name: string): string => join(projectRoot, 'test/fixtures/dumps', name);

interface Said {
  readonly isError: boolean;
  readonly text: string;
  readonly data: Readonly<Record<string, unknown>>;
}

describe('lab mcp', function () {
  this.timeout(60_000);
  let folder: TempFolder;
  let client: Client;

  before(async () => {
    folder = await tempFolder();
    await mkdir(folder.file('open'));
    await copyFile(kept('go1.25/asleep.txt'), folder.file('open/asleep.txt'));
    await copyFile(kept('go1.25/debug2.txt'), folder.file('open/debug2.txt'));
    await writeFile(folder.file('secret.txt'), 'goroutine 1 [running]:\nmain.main()\n\t/a.go:1 +0x1\n');
    await symlink(folder.file('secret.txt'), folder.file('open/link.txt'));
    const lab = join(projectRoot, 'dist/scripts/lab.js');
    client = new Client({ name: 'test', version: '1' });
    await client.connect(
      new StdioClientTransport({
        command: process.execPath,
        args: [lab, 'mcp', folder.file('open')],
        env: { ...process.env, LAB_CACHE: folder.file('cache') } as Record<string, string>,
      }),
    );
  });

  after(async () => {
    await client.close();
    await folder[Symbol.asyncDispose]();
  });

  async function call(name: string, args: Record<string, unknown>): Promise<Said> {
    const { isError = false, content, structuredContent } = await client.callTool({ name, arguments: args });
    const [first] = content as { readonly text: string }[];
    return {
      isError: isError === true,
      text: first?.text ?? '',
      data: (structuredContent ?? {}) as Record<string, unknown>,
    };
  }

  it('offers its four tools, all of them read-only', async () => {
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).to.deep.equal(['analyze', 'explain', 'goroutines', 'compare']);
    for (const { annotations, description } of tools) {
      expect(annotations?.readOnlyHint).to.equal(true);
      expect(description).to.match(/\S/);
    }
  });

  it('diagnoses a dump, explains its groups, and lists its goroutines', async () => {
    const dump = 'asleep.txt';
    const found = await call('analyze', { dump });
    expect(found.isError).to.equal(false);
    expect(found.data).to.have.property('verdict', 'deadlock');
    expect(found.text).to.match(/^deadlock/);
    const listed = await call('goroutines', { dump, limit: 1 });
    const [group] = listed.data['groups'] as { readonly id: string; readonly count: number }[];
    expect(listed.text).to.contain(`${group?.id}: ${group?.count} goroutine`);
    const why = await call('explain', { dump, what: group?.id });
    expect(why.data).to.include({ kind: 'group', id: group?.id, count: group?.count });
    const nobody = await call('goroutines', { dump, function: 'nobody.is.called.so' });
    expect(nobody.data).to.deep.equal({ total: 0, groups: [] });
  });

  it('explains a rule without a file, and says which there are', async () => {
    const rule = await call('explain', { what: 'lock-order' });
    expect(rule.isError).to.equal(false);
    expect(rule.data).to.have.property('rule', 'lock-order');
    expect((await call('explain', { what: 'nonsense' })).text).to.contain('lock-order');
  });

  it('compares two looks, and refuses one', async () => {
    const dump = folder.file('open/debug2.txt');
    const both = await call('compare', { looks: [{ dump }, { dump }] });
    expect(both.data).to.have.property('schema', 'lab.compare/1');
    const one = await call('compare', { looks: [{ dump }] });
    expect(one).to.include({ isError: true });
    expect(one.text).to.contain('one look cannot be compared').and.contain('->');
  });

  it('reads nothing outside of its folders, and does not tell what is there', async () => {
    const outside = ['link.txt', '../secret.txt', folder.file('secret.txt'), '/etc/passwd', '/etc/nothing'];
    for (const dump of [...outside, 'http://127.0.0.1:1/debug/pprof', '-']) {
      const { isError, text } = await call('analyze', { dump });
      expect([dump, isError]).to.deep.equal([dump, true]);
      expect(text).to.match(/is not in a folder that this server may read|is no file/);
      if (outside.includes(dump)) expect(text).to.contain(`${dump} is not in a folder`);
    }
    const core = await call('analyze', { core: 'coredumpctl:1', exe: 'debug2.txt' });
    expect(core.text).to.contain('is no file');
    expect((await call('analyze', { core: 'debug2.txt' })).text).to.contain('exe is needed');
  });
});
