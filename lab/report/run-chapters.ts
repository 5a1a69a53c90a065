import { z } from 'zod';
import { bundleSchema } from '../capture/bundle.js';
import { loadFactsSchema } from '../checklist/load-facts.js';
import { quitSchema } from '../checklist/sigquit.js';
import { symptomsSchema } from '../checklist/symptoms.js';
import type { Walk } from '../checklist/walk-record.js';
import { type PlayedStep, playedStepSchema } from '../drive/schedule.js';
import { builtServerSchema } from '../server/build.js';
import { startedServerSchema } from '../server/start.js';
import { type RunRecord, type StageRecord, stageResult } from '../store/run-record.js';
import { captureChapter, command } from './capture-chapter.js';
import { stampedeRows } from './stampede-rows.js';
import { sentence, type TranscriptChapter } from './transcript.js';

const loadSchema = z.looseObject({
  facts: loadFactsSchema.optional(),
  played: z.array(playedStepSchema).default([]),
  outcome: z.looseObject({ why: z.string().default('') }).default({ why: '' }),
});

/** The chapters of `transcript.md`, from what the stages saved; a stage that left nothing is left out. */
export function runChapters(
  record: RunRecord,
  serverLog: string,
  walk: Walk | undefined,
): TranscriptChapter[] {
  const { build, start, load, symptoms, capture, stop } = record.stages;
  const url = stageResult(start, startedServerSchema)?.url;
  const symptomRecords = stageResult(symptoms, symptomsSchema)?.records;
  const chapters: (TranscriptChapter | undefined)[] = [
    map(stageResult(build, builtServerSchema), ({ argv, cwd, ms }) => ({
      title: 'Build the server',
      text: buildText[record.config.build],
      records: [command('go-build', build, { pipeline: [argv], cwd, durationMs: ms })],
    })),
    map(stageResult(start, startedServerSchema), ({ argv, env = {} }) => ({
      title: 'Start it',
      text: 'It is ready when it has said where it listens and has answered a request.',
      records: [
        command('start', start, {
          pipeline: [[...Object.entries(env).map((pair) => pair.join('=')), './server', ...argv.slice(1)]],
          stdout: firstLines(serverLog, 2),
          background: true,
          exitCode: null,
        }),
      ],
    })),
    map(stageResult(load, loadSchema), ({ facts, played, outcome }) =>
      played.length > 0
        ? scheduleChapter(played, outcome.why)
        : facts === undefined
          ? { title: 'Let it work', text: `It drives itself. ${sentence(outcome.why)}`, records: [] }
          : loadChapter(load, facts, url ?? 'http://127.0.0.1/'),
    ),
    map(stampedeRows({ record }), ({ text }) => ({
      title: 'Its clients come again',
      text: `${text} The lab did this in a process of its own; what the server took meanwhile is in \`report.md\` and \`crowd.jsonl\`.`,
      records: [],
    })),
    symptomRecords === undefined
      ? undefined
      : { title: 'Look at it from outside', text: 'Its clients are gone.', records: symptomRecords },
    map(stageResult(capture, bundleSchema), (bundle) => captureChapter(capture, bundle)),
    map(stageResult(stop, quitSchema), ({ records }) =>
      stageResult(capture, bundleSchema)?.method === 'kernel'
        ? {
            title: 'Look at what it printed',
            text: 'SIGQUIT made it print the stacks of all its goroutines before it ended with its core.',
            records: records.filter(({ id }) => id !== 'sigquit'),
          }
        : {
            title: 'End it, and ask for its goroutines',
            text: 'A Go program answers SIGQUIT with the stacks of all its goroutines.',
            records,
          },
    ),
    map(walk, walkChapter),
  ];
  return chapters.filter((chapter) => chapter !== undefined);
}

/** On another machine the files of the run lie in a folder that is gone: what is typed there names them alone. */
function walkChapter({ records, on }: Walk): TranscriptChapter {
  const title = 'Walk through the core';
  if (on === undefined) {
    const text =
      "The article's way, command by command, now that nothing but two files is left of the server.";
    return { title, text, records };
  }
  const login = on.kind === 'vagrant' ? `vagrant ssh ${on.name}` : `ssh ${on.name}`;
  return {
    title,
    text: `The article's way, command by command, with the Delve of that machine: \`${login}\`, then in the folder with the executable and its core.`,
    records: records.map(({ cwd: _, ...record }) => record),
  };
}

const buildText = {
  default: 'Optimised and inlined, as `go build` does it.',
  noinline: 'Optimised, but without inlining, as in the article: each function keeps its own frame.',
  debug: 'Neither optimised nor inlined, for stepping through it.',
};

type LoadFacts = z.infer<typeof loadFactsSchema>;

function loadChapter(load: StageRecord | undefined, facts: LoadFacts, url: string): TranscriptChapter {
  return {
    title: 'Load it until it hangs',
    text: 'The lab ran the load in a process of its own and pushed harder while nothing hung. By hand, the last step is the command below; the series are in `load.jsonl` and `probes.jsonl`.',
    records: [
      command('load', load, {
        pipeline: [loadCommand(facts, url)],
        stdout: loadSummary(facts),
        note: 'The lab pushed through processes of its own; what is printed here is what it measured.',
        durationMs: facts.ms,
      }),
    ],
  };
}

/** Requests in an order that depends on what the server does in between are no commands to type. */
function scheduleChapter(played: readonly PlayedStep[], why: string): TranscriptChapter {
  const rounds = played.at(-1)?.round ?? 1;
  const steps = played
    .filter(({ round }) => round === rounds)
    .map(({ text, ms, held }, i) => `${i + 1}. ${sentence(`${text}: ${held ? '' : 'not '}after ${ms} ms`)}`);
  const which = rounds === 1 ? '' : ` These are the last of ${rounds} rounds:`;
  return {
    title: 'Ask it, step by step',
    text: [`Each step waited for its condition.${which}`, steps.join('\n'), sentence(why)].join('\n\n'),
    records: [],
  };
}

function loadCommand({ driver, step, ms }: LoadFacts, url: string): string[] {
  const seconds = Math.ceil(ms / 1000);
  return driver === 'wrk'
    ? ['wrk', `-d${seconds}s`, `-t${step.workers}`, `-c${step.connections}`, url]
    : [
        'npx',
        'autocannon',
        '-d',
        `${seconds}`,
        '-c',
        `${step.connections}`,
        '-p',
        `${step.pipelining}`,
        '-w',
        `${step.workers}`,
        url,
      ];
}

function loadSummary({ responses, ms, hungAfterMs, health, steps }: LoadFacts): string {
  const end =
    hungAfterMs === null
      ? `no hang (${health})`
      : `last byte after ${(hungAfterMs / 1000).toFixed(1)} s, then ${health}`;
  return `${responses} responses in ${(ms / 1000).toFixed(1)} s, ${steps} ${steps === 1 ? 'step' : 'steps'}: ${end}`;
}

function map<T, R>(value: T | undefined, change: (value: T) => R): R | undefined {
  return value === undefined ? undefined : change(value);
}

function firstLines(text: string, count: number): string {
  return text.split('\n').slice(0, count).join('\n');
}
