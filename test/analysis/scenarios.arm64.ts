import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { analyzeCore } from '../../lab/analysis/analyze-core.js';
import { complaints, expectations } from '../../lab/expectation.js';
import { scenarios } from '../../lab/scenarios/index.js';
import { findDelve } from '../../lab/toolchain/index.js';
import { arm64Build, arm64CoreOf } from '../arm64-core.js';
import { goBuild } from '../go-build.js';
import { goTools } from '../hung-program.js';
import { tempFolder } from '../temp-folder.js';

const module = resolve(fileURLToPath(import.meta.url), '../../../../go-server');
const { signal } = new AbortController();
/** They bring themselves to their fault. */
const names = ['permissions', 'crawler', 'mailer'];
/** Answers that must be alike, one after the other: at this pace, two seconds without progress. */
const alike = 40;

describe('the programs of scenarios on arm64', function () {
  this.timeout(240_000);

  for (const scenario of scenarios.filter(({ name }) => names.includes(name))) {
    it(`are diagnosed as their manifests expect: ${scenario.name}`, async function () {
      const [go] = await goTools(signal);
      const delve = go && (await findDelve({ goVersion: go.version, install: false }, signal));
      if (go === undefined || delve === undefined) return this.skip();
      await using folder = await tempFolder();
      const exe = folder.file(scenario.name);
      await goBuild({ go: go.path, module, package: `./${scenario.package}`, exe, env: arm64Build });
      const answers: string[] = [];
      await using taken = await arm64CoreOf({
        exe,
        ready: async (said) => {
          const address = /^server listening addr=(\S+)$/m.exec(said)?.[1];
          if (address === undefined) return false;
          const answer = await fetch(`http://${address}${scenario.server.path}`);
          answers.push(await answer.text());
          return answers.length > alike && new Set(answers.slice(-alike)).size === 1;
        },
      });
      const diagnosis = await analyzeCore(
        { exe, core: taken.core, delve: delve.path },
        () => undefined,
        signal,
      );
      expect(diagnosis.process.arch).to.equal('arm64');
      expect(complaints(expectations(diagnosis, scenario))).to.deep.equal([]);
    });
  }
});
