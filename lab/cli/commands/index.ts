import type { Define, LabCommand } from '../command.js';

export interface CommandModule {
  /** The title in `lab --help` that it stands under. */
  readonly group: 'Experiment' | 'Stages' | 'Analyse' | 'On duty' | 'Look' | 'Learn' | 'Keep in order';
  /** Each command's purpose, in a line. */
  readonly purposes: Readonly<Record<string, string>>;
  readonly load: () => Promise<readonly LabCommand[]>;
  /** How its commands are typed, where that is known without what they do: for the help, and for completion. */
  readonly define?: () => Promise<readonly Define[]>;
}

/**
 * Every command of `lab`, in the order of its help. Each is loaded only when it is meant: the libraries of all of
 * them take longer to load than many a core to analyse.
 */
export const modules: readonly CommandModule[] = [
  {
    group: 'Experiment',
    purposes: { run: 'the whole experiment, from load to root cause' },
    load: async () => [(await import('./run.js')).runCommand],
    define: async () => [(await import('../manual/run.js')).defineRun],
  },
  {
    group: 'Experiment',
    purposes: { regress: 'every scenario, faulty and fixed, against what it expects' },
    load: async () => [(await import('./regress.js')).regressCommand],
    define: async () => [(await import('../manual/regress.js')).defineRegress],
  },
  {
    group: 'Stages',
    purposes: {
      provision: 'look for the tools and install what is missing',
      build: 'build the server',
      start: 'start the server and leave it running',
      load: 'drive the server as the scenario says',
      stop: 'end the server',
    },
    load: async () => (await import('./stage.js')).stageCommandList,
    define: async () => {
      const { defineStage, stageNames } = await import('../manual/stage.js');
      return stageNames.map((name) => (program) => defineStage(program, name));
    },
  },
  {
    group: 'Analyse',
    purposes: { capture: 'take the core and executable of a running Go process' },
    load: async () => [(await import('./capture.js')).captureCommand],
    define: async () => [(await import('../manual/capture.js')).defineCapture],
  },
  {
    group: 'Analyse',
    purposes: { analyze: 'diagnose a Go core, or a goroutine dump' },
    load: async () => [(await import('./analyze.js')).analyzeCommand],
    define: async () => [(await import('../manual/analyze.js')).defineAnalyze],
  },
  {
    group: 'Analyse',
    purposes: { compare: 'several looks at one process: who stood still, and what grew' },
    load: async () => [(await import('./compare.js')).compareCommand],
    define: async () => [(await import('../manual/compare.js')).defineCompare],
  },
  {
    group: 'On duty',
    purposes: { watch: 'watch a service, and diagnose it when it hangs' },
    load: async () => [(await import('./watch.js')).watchCommand],
    define: async () => [(await import('../manual/watch.js')).defineWatch],
  },
  {
    group: 'On duty',
    purposes: { triage: 'many cores and dumps, sorted by root cause' },
    load: async () => [(await import('./triage.js')).triageCommand],
    define: async () => [(await import('../manual/triage.js')).defineTriage],
  },
  {
    group: 'Analyse',
    purposes: { facts: 'what the sources of a Go program say' },
    load: async () => [(await import('./facts.js')).factsCommand],
    define: async () => [(await import('../manual/facts.js')).defineFacts],
  },
  {
    group: 'Analyse',
    purposes: { mcp: 'the analysis as tools of the Model Context Protocol' },
    load: async () => [(await import('./mcp.js')).mcpCommand],
    define: async () => [(await import('../manual/mcp.js')).defineMcp],
  },
  {
    group: 'Look',
    purposes: { scenarios: 'the catalogue of hangs' },
    load: async () => [(await import('./scenarios.js')).scenariosCommand],
    define: async () => [(await import('../manual/look.js')).defineScenarios],
  },
  {
    group: 'Look',
    purposes: { runs: 'stored runs with their results' },
    load: async () => [(await import('./runs.js')).runsCommand],
    define: async () => [(await import('../manual/look.js')).defineRuns],
  },
  {
    group: 'Look',
    purposes: { report: 'write the reports of a run again' },
    load: async () => [(await import('./report.js')).reportCommand],
    define: async () => [(await import('../manual/look.js')).defineReport],
  },
  {
    group: 'Look',
    purposes: { checklist: 'the article, claim by claim, against a run' },
    load: async () => [(await import('./checklist.js')).checklistCommand],
    define: async () => [(await import('../manual/look.js')).defineChecklist],
  },
  {
    group: 'Look',
    purposes: { kit: 'a run as one small file, and back' },
    load: async () => [(await import('./kit.js')).kitCommand],
    define: async () => [(await import('../manual/kit.js')).defineKit],
  },
  {
    group: 'Learn',
    purposes: { workshop: 'a workbook in the browser, step by step' },
    load: async () => [(await import('./workshop.js')).workshopCommand],
    define: async () => [(await import('../manual/workshop.js')).defineWorkshop],
  },
  {
    group: 'Keep in order',
    purposes: { doctor: 'what the lab needs, and how to fix what is missing' },
    load: async () => [(await import('./doctor.js')).doctorCommand],
    define: async () => [(await import('../manual/keep.js')).defineDoctor],
  },
  {
    group: 'Keep in order',
    purposes: { clean: 'remove stored runs, and what they and killed commands left' },
    load: async () => [(await import('./clean.js')).cleanCommand],
    define: async () => [(await import('../manual/keep.js')).defineClean],
  },
  {
    group: 'Keep in order',
    purposes: { completion: 'make bash, zsh or fish complete what is typed' },
    load: async () => [(await import('./completion.js')).completionCommand],
    define: async () => [(await import('../manual/keep.js')).defineCompletion],
  },
];

/** The commands of the module that has one of that name; none when there is no such command. */
export async function loadCommands(name: string): Promise<readonly LabCommand[]> {
  return (await moduleOf(name)?.load()) ?? [];
}

/** How the commands of that module are typed. */
export async function loadDefinitions(name: string): Promise<readonly Define[]> {
  const module = moduleOf(name);
  if (module === undefined) return [];
  return module.define === undefined
    ? (await module.load()).map(({ define }) => define)
    : await module.define();
}

function moduleOf(name: string): CommandModule | undefined {
  return modules.find(({ purposes }) => Object.hasOwn(purposes, name));
}
