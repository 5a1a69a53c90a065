import type { LabCommand } from '../command.js';
import { analyzeCommand } from './analyze.js';
import { captureCommand } from './capture.js';
import { cleanCommand } from './clean.js';
import { doctorCommand } from './doctor.js';
import { regressCommand } from './regress.js';
import { reportCommand } from './report.js';
import { runCommand } from './run.js';
import { runsCommand } from './runs.js';
import { scenariosCommand } from './scenarios.js';
import { stageCommandList } from './stage.js';

/** Every command of `lab`, in the order of its help. */
export const commands: readonly LabCommand[] = [
  runCommand,
  analyzeCommand,
  captureCommand,
  ...stageCommandList,
  scenariosCommand,
  regressCommand,
  runsCommand,
  reportCommand,
  doctorCommand,
  cleanCommand,
];
