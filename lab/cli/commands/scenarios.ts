import { scenarios } from '../../scenarios/index.js';
import type { LabCommand } from '../command.js';
import { defineScenarios } from '../manual/look.js';

export const scenariosCommand: LabCommand = {
  define: defineScenarios,
  async act({ output }) {
    output.document(
      scenarios.map(({ name, title, teaches, class: kind, subtype, drive, symptom, expect }) => ({
        ...{ name, title, class: kind, subtype, teaches },
        ...{ drive: drive.kind, symptom: symptom.kind, expect },
      })),
    );
    for (const { name, title, class: kind, subtype } of scenarios) {
      output.print(`${name}  (${kind}/${subtype})\n    ${title}`);
    }
    return 0;
  },
};
