import type { LabCommand } from '../command.js';

interface CommandModule {
  readonly names: readonly string[];
  readonly load: () => Promise<readonly LabCommand[]>;
}

/**
 * Every command of `lab`, in the order of its help. Each is loaded only when it is meant: the libraries of all of
 * them take longer to load than many a core to analyse.
 */
const modules: readonly CommandModule[] = [
  { names: ['run'], load: async () => [(await import('./run.js')).runCommand] },
  { names: ['analyze'], load: async () => [(await import('./analyze.js')).analyzeCommand] },
  { names: ['capture'], load: async () => [(await import('./capture.js')).captureCommand] },
  {
    names: ['provision', 'build', 'start', 'load', 'stop'],
    load: async () => (await import('./stage.js')).stageCommandList,
  },
  { names: ['scenarios'], load: async () => [(await import('./scenarios.js')).scenariosCommand] },
  { names: ['regress'], load: async () => [(await import('./regress.js')).regressCommand] },
  { names: ['runs'], load: async () => [(await import('./runs.js')).runsCommand] },
  { names: ['report'], load: async () => [(await import('./report.js')).reportCommand] },
  { names: ['workshop'], load: async () => [(await import('./workshop.js')).workshopCommand] },
  { names: ['doctor'], load: async () => [(await import('./doctor.js')).doctorCommand] },
  { names: ['clean'], load: async () => [(await import('./clean.js')).cleanCommand] },
];

/** The command of that name; all of them when there is none, for the help and for what was mistyped. */
export async function loadCommands(name?: string): Promise<readonly LabCommand[]> {
  const meant = modules.filter(({ names }) => name !== undefined && names.includes(name));
  const loaded = await Promise.all((meant.length > 0 ? meant : modules).map(({ load }) => load()));
  return loaded.flat();
}
