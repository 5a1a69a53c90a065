import { wrap } from '../../report/wrap.js';
import { fleets } from '../../scenarios/fleets.js';
import { scenarios } from '../../scenarios/index.js';
import type { LabCommand } from '../command.js';
import { columnsOf } from '../context.js';
import { defineScenarios } from '../manual/look.js';

export const scenariosCommand: LabCommand = {
  define: defineScenarios,
  async act({ output }) {
    const all = [...scenarios, ...fleets];
    output.document(
      all.map(({ name, title, teaches, class: kind, subtype, drive, symptom, expect }) => ({
        ...{ name, title, class: kind, subtype, teaches },
        ...{ drive: drive.kind, symptom: symptom.kind, expect },
      })),
    );
    for (const { name, title, class: kind, subtype } of all) {
      const lines = wrap(title, { width: columnsOf(process.stdout), indent: '    ' });
      output.print([`${name}  (${kind}/${subtype})`, ...lines].join('\n'));
    }
    return 0;
  },
};
