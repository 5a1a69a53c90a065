import { parseConfig } from '../../config.js';
import { doctorText } from '../../report/doctor-text.js';
import { openTarget } from '../../targets/index.js';
import { doctorExitCode, examine } from '../../toolchain/index.js';
import type { LabCommand } from '../command.js';
import { defineDoctor } from '../manual/keep.js';

export const doctorCommand: LabCommand = {
  define: defineDoctor,
  async act({ options, output, signal }) {
    const where = parseConfig({ target: options['target'] });
    await using target = await openTarget(where, () => {}, signal);
    const rows = await examine(target, signal);
    output.document(rows);
    output.print(doctorText(rows));
    return doctorExitCode(rows);
  },
};
