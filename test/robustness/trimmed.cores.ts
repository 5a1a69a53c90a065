import { buildHung, goTools } from '../hung-program.js';
import { coreOf } from '../real-core.js';
import { tempFolder } from '../temp-folder.js';
import { expectRow } from './expect-row.js';
import { labCommand, shell } from './shell.js';

const { signal } = new AbortController();

describe('a program that records no folders', function () {
  this.timeout(120_000);

  it('is told how to find its sources, or finds them where the command is typed', async function () {
    const [go] = await goTools(signal);
    if (go === undefined) return this.skip();
    await using folder = await tempFolder();
    await using elsewhere = await tempFolder();
    const exe = await buildHung(go.path, folder, 'depot', { flags: ['-trimpath'], ownSources: true });
    await using core = await coreOf(exe, go.version, 'helper');
    const analyze = `mv '${exe}' '${elsewhere.path}/server' && ${labCommand} analyze --exe '${elsewhere.path}/server' --core '${core.core}'`;
    expectRow('trimpath', await shell(`cd / && ${analyze}`));
    const again = analyze.slice(analyze.indexOf('&&') + 3);
    expectRow('trimpath-here', await shell(`cd '${folder.file('depot-src')}' && ${again}`));
  });
});
