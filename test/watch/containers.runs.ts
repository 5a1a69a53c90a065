import { join } from 'node:path';
import { expect } from 'chai';
import { poll } from '../../lab/deadline.js';
import { freePort } from '../../lab/fleet/free-port.js';
import { projectRoot } from '../../lab/paths.js';
import { episodesIn } from '../../lab/watch/folder.js';
import { type EngineHost, podmanHost, programsFolder, whyNoEngine } from '../containers/engine-host.js';
import { goBuild } from '../go-build.js';
import { hasGo } from '../go-program.js';
import { startLab } from '../lab-process.js';
import { hang } from './payments.js';

const { signal } = new AbortController();
const image = 'localhost/audit:1';
/** As the API server numbers pods; the kubelet puts it into the names of their control groups. */
const uid = '8c2f7c1e-3c55-4f0b-9d2a-6f1f0a7d7e11';

describe('lab watch, of a service in a container', function () {
  this.timeout(180_000);
  let engine: EngineHost;

  before(async function () {
    const why = await whyNoEngine('podman');
    if (why !== undefined || !(await hasGo())) {
      console.error(`    skipped: ${why ?? 'no Go'}`);
      return this.skip();
    }
    engine = await podmanHost();
    const exe = engine.folder.file('server');
    const env = { CGO_ENABLED: '0' };
    await goBuild({
      go: 'go',
      module: join(projectRoot, 'go-server'),
      package: './audit',
      exe,
      flags: [],
      env,
    });
    await engine.image(image, { '/server': exe });
  });

  after(async () => await engine?.[Symbol.asyncDispose]());

  async function start(name: string, ...options: readonly string[]): Promise<string> {
    const address = `127.0.0.1:${await freePort('127.0.0.1')}`;
    const command = ['/server', '-addr', address, '-pprof-addr', ''];
    await engine.run('run', '--detach', '--name', name, '--network', 'host', ...options, image, ...command);
    await answers(`http://${address}/`);
    return `http://${address}/`;
  }

  async function answers(url: string): Promise<void> {
    const look = async () => {
      const response = await fetch(`${url}balances/ann`).catch(() => undefined);
      return response?.ok || undefined;
    };
    expect(await poll(look, { signal, deadlineMs: 30_000, everyMs: 50 }), `${url} answers`).to.equal(true);
  }

  /** Until the hang is caught, the service restarted and the next process watched. */
  async function caught(
    which: readonly string[],
    { url, first, env }: { url: string; first: number; env: Readonly<Record<string, string>> },
    next: () => Promise<number>,
  ): Promise<void> {
    const dir = engine.folder.file(`hangs-${first}`);
    const watch = startLab(
      ['watch', ...which, '--probe', `${url}balances/ann`, '--then', 'restart', '-o', dir],
      { ...engine.env, ...env },
    );
    try {
      await watch.said(`watching process ${first}`);
      hang(url);
      await watch.said('then restarted', 120_000);
      await answers(url);
      const second = await next();
      expect(second).not.to.equal(first);
      await watch.said(`watching process ${second}`, 30_000);
      const episodes = await episodesIn(dir);
      expect(episodes.map(({ episode }) => [episode.pid, episode.verdict])).to.deep.equal([
        [first, 'deadlock'],
      ]);
    } finally {
      watch.kill('SIGTERM');
      await watch.ended;
    }
  }

  it('catches its hang out of the container, has the engine restart it, and watches the next process', async () => {
    const url = await start('shop');
    const first = await engine.pidOf('shop');
    await caught(['--container', 'podman://shop'], { url, first, env: {} }, () => engine.pidOf('shop'));
  });

  it('finds the process of a pod by its control group', async () => {
    const url = await start('pod', '--cgroup-parent', `/kubepods/pod${uid}`);
    const first = await engine.pidOf('pod');
    // No cluster runs here: this answers as its API server would.
    const kubectl = `#!/bin/sh
case "$*" in
"get pods --namespace prod --selector app=shop "*) echo "${uid} shop-1" ;;
"delete pod --namespace prod --wait=false shop-1") exec podman restart --time 0 pod ;;
*) echo "unexpected: $*" >&2; exit 1 ;;
esac
`;
    const env = await programsFolder(engine.folder, { kubectl });
    await caught(['--pod', 'prod/app=shop'], { url, first, env }, () => engine.pidOf('pod'));
  });
});
