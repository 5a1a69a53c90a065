import { join } from 'node:path';
import { either } from '../../complaints.js';
import { LabError } from '../../errors.js';
import { projectRoot } from '../../paths.js';
import type { LabCommand } from '../command.js';
import { completionScript } from '../completion/scripts.js';
import { defineCompletion, shells } from '../manual/keep.js';

export const completionCommand: LabCommand = {
  define: defineCompletion,
  async act({ args, output }) {
    const shell = shells.find((name) => name === args[0]);
    if (shell === undefined) {
      throw new LabError(`completion takes ${either(shells)}, not ${String(args[0])}`, {
        code: 'usage',
        hint: 'see `npx lab completion --help`',
      });
    }
    const script = completionScript(shell, [
      process.execPath,
      join(projectRoot, 'dist', 'scripts', 'lab.js'),
    ]);
    output.document({ shell, script });
    output.print(script);
    return 0;
  },
};
