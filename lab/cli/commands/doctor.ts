import { parseConfig } from '../../config.js';
import { doctorText } from '../../report/doctor-text.js';
import { openTarget } from '../../targets/index.js';
import { doctorExitCode, examine } from '../../toolchain/index.js';
import { example, type LabCommand } from '../command.js';
import { inVmHost } from '../vm-host.js';

export const doctorCommand: LabCommand = {
  define: (program) =>
    example(
      program
        .command('doctor')
        .description('every tool, version and permission that the lab needs, and what mends what is missing')
        .option('--target <where>', 'another machine to look at: ssh://user@host:port'),
      'npx lab doctor\nnpx lab doctor --target ssh://me@server-7',
    ),
  async act({ options, output, signal }) {
    const where = parseConfig({ target: options['target'] });
    const elsewhere = await inVmHost({ target: where.target, keep: true }, output, signal);
    if (elsewhere !== undefined) return elsewhere;
    await using target = await openTarget(where, () => {}, signal, { keep: true });
    const rows = await examine(target, signal);
    output.document(rows);
    output.print(doctorText(rows));
    return doctorExitCode(rows);
  },
};
