import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { execa } from 'execa';
import { analyzeCore } from '../../lab/analysis/analyze-core.js';
import { findDelve } from '../../lab/toolchain/index.js';
import { arm64Build, arm64CoreOf } from '../arm64-core.js';
import { goBuildEnv } from '../go-build-env.js';
import { buildHung, goTools } from '../hung-program.js';
import { isSure } from '../sure.js';
import { tempFolder } from '../temp-folder.js';

const root = resolve(fileURLToPath(import.meta.url), '../../../..');
const { signal } = new AbortController();

describe('the helper that reads sources, built for arm64', function () {
  this.timeout(300_000);

  it('reads those of a program, and answers what a diagnosis asks', async function () {
    const [go] = await goTools(signal);
    const delve = go && (await findDelve({ goVersion: go.version, install: false }, signal));
    if (go === undefined || delve === undefined) return this.skip();
    await using folder = await tempFolder();
    const helper = folder.file('facts-arm64');
    const env = { ...goBuildEnv, ...arm64Build, GOFLAGS: '-mod=readonly -buildvcs=false' };
    await execa(go.path, ['build', '-trimpath', '-o', helper, '.'], { cwd: `${root}/helpers/facts`, env });
    const emulated = folder.file('facts');
    await writeFile(emulated, `#!/bin/sh\nexec qemu-aarch64-static '${helper}' "$@"\n`, { mode: 0o755 });
    const exe = await buildHung(go.path, folder, 'depot', { env: arm64Build });
    const ready = async (said: string) => said.includes('ready');
    await using taken = await arm64CoreOf({ exe, ready });
    const { findings, limits } = await analyzeCore(
      { exe, core: taken.core, delve: delve.path, facts: emulated },
      () => undefined,
      signal,
    );
    expect(limits).to.deep.equal([]);
    expect(findings[0]).to.include({ rule: 'self-blocked-consumer' }).and.satisfy(isSure);
    expect(findings[0]?.evidence.map(({ kind }) => kind)).to.include('source');
  });
});
