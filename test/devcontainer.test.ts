import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { z } from 'zod';
import { scenarioNamed } from '../lab/config.js';
import { projectRoot } from '../lab/paths.js';
import { pinnedDelves } from '../lab/toolchain/delve-choice.js';

const read = (name: string): Promise<string> => readFile(join(projectRoot, '.devcontainer', name), 'utf8');

const size = z.string().regex(/^\d+([tgmk]b)?$/);

/** The part of the specification's schema, https://containers.dev/implementors/json_reference/, that is used here. */
const schema = z.strictObject({
  name: z.string(),
  build: z.strictObject({ dockerfile: z.literal('Dockerfile') }),
  capAdd: z.array(z.string()),
  securityOpt: z.array(z.string()),
  init: z.boolean(),
  runArgs: z.array(z.string()),
  remoteUser: z.string(),
  hostRequirements: z.strictObject({ cpus: z.number().int().min(1), memory: size, storage: size }),
  postCreateCommand: z.array(z.string()),
  portsAttributes: z.record(
    z.string(),
    z.strictObject({
      label: z.string(),
      onAutoForward: z.enum(['notify', 'openBrowser', 'openBrowserOnce', 'openPreview', 'silent', 'ignore']),
    }),
  ),
  customizations: z.looseObject({
    vscode: z.looseObject({ extensions: z.array(z.string().regex(/^[\w-]+\.[\w-]+$/)) }),
  }),
});

async function definition(): Promise<z.infer<typeof schema>> {
  const text = await read('devcontainer.json');
  return schema.parse(JSON.parse(text.replaceAll(/^\s*\/\/.*$/gm, '')));
}

describe('the dev container', () => {
  it('is what the specification knows, and may trace processes', async () => {
    const { capAdd, securityOpt, remoteUser } = await definition();
    expect(capAdd).to.contain('SYS_PTRACE');
    expect(securityOpt).to.contain('seccomp=unconfined');
    expect(remoteUser).to.equal('root');
  });

  it('keeps the ports of the server under load to itself', async () => {
    const { port, pprofPort } = scenarioNamed('blog').server;
    expect((await definition()).portsAttributes).to.have.property(`${port}-${pprofPort}`);
  });

  it('has every tool, and a Delve that reads what its Go builds', async () => {
    const file = await read('Dockerfile');
    for (const tool of ['gdb', 'curl', 'jq', 'wrk', 'chromium', 'procps', 'zstd']) {
      expect(file).to.match(new RegExp(`\\b${tool}\\b`));
    }
    expect(file).to.match(/^FROM node:20-bookworm$/m);
    const go = Number(/^FROM golang:1\.(\d+)-bookworm/m.exec(file)?.[1]);
    const delve = /dlv@v([\d.]+)/.exec(file)?.[1];
    const pinned = pinnedDelves.find(({ window }) => window.oldest <= go && go <= window.newest);
    expect(delve).to.equal(pinned?.version);
  });

  it('does its set-up with a script that bash can read, of commands that exist', async () => {
    const { postCreateCommand } = await definition();
    const [shell = '', script = ''] = postCreateCommand;
    await execa(shell, ['-n', join(projectRoot, script)]);
    const text = await readFile(join(projectRoot, script), 'utf8');
    expect(text).to.contain('scripts/lab.mjs completion bash').and.to.contain('scripts/lab.mjs doctor');
  });
});
