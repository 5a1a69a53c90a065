import { parseConfig } from '../../config.js';
import { doctorExitCode, examine } from '../../doctor/doctor.js';
import { doctorText } from '../../report/doctor-text.js';
import { openTarget } from '../../targets/index.js';
import type { LabCommand } from '../command.js';
import { columnsOf } from '../context.js';
import { defineDoctor } from '../manual/keep.js';
import { patiently } from '../progress.js';
import { inVmHost } from '../vm-host.js';

export const doctorCommand: LabCommand = {
  define: defineDoctor,
  async act({ options, output, signal }) {
    const where = parseConfig({ target: options['target'] }, 'doctor');
    const elsewhere = await inVmHost({ target: where.target, keep: true }, output, signal);
    if (elsewhere !== undefined) return elsewhere;
    const patience = { stage: 'doctor', text: `looking at ${where.target}` } as const;
    const rows = await patiently(output, patience, async () => {
      await using target = await openTarget(where, () => {}, signal, { keep: true });
      return await examine(target, signal);
    });
    output.document(rows);
    output.print(doctorText(rows, columnsOf(process.stdout)));
    return doctorExitCode(rows);
  },
};
