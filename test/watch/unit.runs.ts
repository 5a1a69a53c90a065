import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { poll } from '../../lab/deadline.js';
import { cacheFolder, projectRoot } from '../../lab/paths.js';
import { episodesIn } from '../../lab/watch/folder.js';
import { freePort } from '../free-port.js';
import { buildGo, hasGo } from '../go-program.js';
import { hang } from './payments.js';
import { startSystemd, whyNoSystemd } from './systemd.js';

const { signal } = new AbortController();

describe('lab watch, as a unit of systemd that watches another one', function () {
  this.timeout(240_000);

  it('catches the hang of the unit, restarts it, and goes on with the next process; killed, it comes again', async function () {
    const why = (await hasGo()) ? whyNoSystemd() : 'no Go';
    if (why !== undefined) {
      console.error(`    skipped: ${why}`);
      return this.skip();
    }
    await using program = await buildGo(join(projectRoot, 'go-server'), './audit');
    const { folder, exe } = program;
    const url = `http://127.0.0.1:${await freePort()}/`;
    const [top, dir, log] = [folder.file('top'), folder.file('hangs'), folder.file('log')];
    await mkdir(top);
    const lab = join(projectRoot, 'scripts', 'lab.mjs');
    const watch = `watch --unit shop.service --probe ${url}balances/ann --then restart -o ${dir}`;
    const units = {
      'shop.service': [`ExecStart=${exe} -addr ${new URL(url).host} -pprof-addr ""`],
      'lab-watch.service': [
        `ExecStart=${process.execPath} ${lab} ${watch}`,
        `Environment=LAB_CACHE=${cacheFolder()} HOME=/root "PATH=${process.env['PATH']}"`,
        ...['Restart=always', `StandardError=append:${log}`],
      ],
    };
    const files = Object.entries(units).map(async ([name, lines]) => {
      const text = ['[Unit]', 'DefaultDependencies=no', '[Service]', ...lines, ''].join('\n');
      await writeFile(folder.file(name), text);
      return folder.file(name);
    });
    await using systemd = await startSystemd(top, [folder.path, cacheFolder()]);
    await systemd.run('systemctl', 'link', ...(await Promise.all(files)));
    await systemd.run('systemctl', 'start', ...Object.keys(units));
    const mainPid = (unit: string) => systemd.run('systemctl', 'show', '--property=MainPID', '--value', unit);
    const said = (text: RegExp) =>
      poll(async () => text.exec(await readFile(log, 'utf8'))?.[0], {
        ...{ signal, deadlineMs: 90_000, everyMs: 200 },
      });

    const first = await mainPid('shop.service');
    expect(await said(new RegExp(`watching process ${first} of shop.service`))).to.be.a('string');
    hang(url);
    expect(await said(/caught in .*; then restarted/), await readFile(log, 'utf8')).to.be.a('string');
    const [caught, ...more] = await episodesIn(dir);
    expect(more).to.deep.equal([]);
    expect(caught?.episode).to.include({
      service: 'shop.service',
      verdict: 'deadlock',
      afterwards: 'restarted',
    });
    const second = await mainPid('shop.service');
    expect(second).to.not.equal(first);
    expect(await said(new RegExp(`watching process ${second} of shop.service`))).to.be.a('string');
    expect(await (await fetch(`${url}balances/ann`)).text()).to.match(/\d/);

    await systemd.run('kill', '-KILL', await mainPid('lab-watch.service'));
    const again = new RegExp(`(watching process ${second} of shop.service[^]*){2}`);
    expect(await said(again), await readFile(log, 'utf8')).to.be.a('string');
    expect(await episodesIn(dir)).to.have.length(1);
  });
});
