import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { projectRoot } from '../../lab/paths.js';
import { findChromium } from '../web/browser.js';
import { hasTmux } from './terminal.js';

/** Ways into a network namespace that has the loopback interface and nothing else. */
const ways = [
  ['unshare', '--net'],
  ['unshare', '--map-root-user', '--net'],
] as const;
const withLoopback = ['sh', '-c', 'ip link set lo up && exec "$@"', 'sh'];

describe('the article lesson of the workshop', function () {
  this.timeout(300_000);

  it('passes with its commands typed in a terminal and its page clicked through, without a network', async function () {
    if (findChromium() === undefined || !(await hasTmux())) {
      console.log('      skipped: needs chromium and tmux');
      this.skip();
    }
    let into: readonly string[] | undefined;
    for (const way of ways) {
      const { exitCode } = await execa(way[0], [...way.slice(1), ...withLoopback, 'true'], { reject: false });
      if (exitCode === 0) into ??= [...way, ...withLoopback];
    }
    if (into === undefined) console.log('      no network namespace can be had: with a network, then');
    const walk = [
      ...[process.execPath, join(projectRoot, 'node_modules/mocha/bin/_mocha'), '--no-config', '--bail'],
      join(projectRoot, 'dist/test/workshop/article-walk.js'),
    ];
    const [program = '', ...args] = [...(into ?? []), ...walk];
    const env = into === undefined ? {} : { LAB_TEST_NO_NETWORK: '1' };
    const { exitCode, all } = await execa(program, args, { reject: false, all: true, env });
    expect(exitCode, all).to.equal(0);
    expect(all).to.match(/\d+ passing/);
  });
});
