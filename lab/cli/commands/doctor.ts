import { doctorText } from '../../report/doctor-text.js';
import { localTarget } from '../../targets/local.js';
import { doctorExitCode, examine } from '../../toolchain/index.js';
import { example, type LabCommand } from '../command.js';

export const doctorCommand: LabCommand = {
  define: (program) =>
    example(
      program
        .command('doctor')
        .description('every tool, version and permission that the lab needs, and what mends what is missing'),
      'npx lab doctor',
    ),
  async act({ output, signal }) {
    await using target = localTarget();
    const rows = await examine(target, signal);
    output.document(rows);
    output.print(doctorText(rows));
    return doctorExitCode(rows);
  },
};
