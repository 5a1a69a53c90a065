import type { createLogUpdate } from 'log-update';
import { createColors } from 'picocolors';
import type { Emit, LabEvent } from '../events.js';
import { allPrintable } from '../printable.js';
import { unreachable } from '../unreachable.js';
import {
  crowdText,
  nameColumns,
  named,
  probeMark,
  probeText,
  sampleText,
  seconds,
  stepText,
  thousands,
} from './progress-lines.js';
import { shorten, textWidth, wrap } from './wrap.js';

export interface ProgressOptions {
  readonly stream: NodeJS.WritableStream & { readonly columns?: number };
  /** Of log-update, where the stream is a terminal; it takes a while to load, and is of no use elsewhere. */
  readonly live: typeof createLogUpdate | undefined;
  readonly colour: boolean;
  readonly quiet: boolean;
  /** Milliseconds that never go back; a test's own clock. */
  readonly now?: () => number;
}

export interface Progress {
  readonly emit: Emit;
  /** Ends the live line; what comes later is dropped. */
  stop(): void;
}

/**
 * Tells a person what the stages do: on a terminal one live line below the finished stages, elsewhere plain
 * lines of at most 80 columns, at most one a second of each kind.
 */
export function progressReporter(options: ProgressOptions): Progress {
  if (options.quiet) return { emit() {}, stop() {} };
  const { emit, stop } =
    options.live === undefined ? plainReporter(options) : liveReporter(options, options.live);
  return { emit: (event) => emit(allPrintable(event)), stop };
}

const kindEveryMs = 1_000;

function plainReporter({ stream, colour, now = () => performance.now() }: ProgressOptions): Progress {
  const colours = createColors(colour);
  const printedAt = new Map<string, number>();
  let lastHealth: string | undefined;
  let lastProbe: string | undefined;
  let stopped = false;
  const say = (name: string, text: string): void => {
    const lines = paragraph(name, text, textWidth);
    stream.write(`${lines.map((line, i) => (i === 0 ? emphasize(line, colours.bold) : line)).join('\n')}\n`);
  };
  const atMostOnceASecond = (kind: string, name: string, text: () => string): void => {
    const last = printedAt.get(kind);
    if (last !== undefined && now() - last < kindEveryMs) return;
    printedAt.set(kind, now());
    say(name, text());
  };
  const emit = (event: LabEvent): void => {
    if (stopped) return;
    switch (event.type) {
      case 'stage-started':
        say(event.stage, `${event.text} ...`);
        return;
      case 'stage-finished':
        say(event.stage, `${event.text} (${seconds(event.ms)})`);
        return;
      case 'progress':
        atMostOnceASecond('progress', event.stage, () => event.text);
        return;
      case 'load-step':
        say('load', `${stepText(event.step)}: ${event.why}`);
        return;
      case 'load-sample':
        atMostOnceASecond('load', 'load', () => sampleText(event.sample));
        return;
      case 'crowd-sample':
        atMostOnceASecond('crowd', 'crowd', () => crowdText(event.sample));
        return;
      case 'probe': {
        if (event.outcome.kind !== lastProbe) printedAt.delete('probe'); // a change is worth a line
        lastProbe = event.outcome.kind;
        atMostOnceASecond('probe', 'probe', () => probeText(event.outcome));
        return;
      }
      case 'health': {
        if (event.health === lastHealth) return;
        lastHealth = event.health;
        say('health', `${event.health}: ${event.why}`);
        return;
      }
      case 'process':
      case 'goroutines':
        return;
      case 'note':
        say('note', event.text);
        return;
      default:
        unreachable(event);
    }
  };
  return {
    emit,
    stop() {
      stopped = true;
    },
  };
}

const redrawMs = 100;
const marksShown = 24;

// biome-ignore lint/complexity/noExcessiveLinesPerFunction: the methods of the reporter share the line that is drawn
function liveReporter(
  { stream, colour, now = () => performance.now() }: ProgressOptions,
  create: typeof createLogUpdate,
): Progress {
  const colours = createColors(colour);
  // A hidden cursor would stay hidden when the lab is killed, and log-update hides that of stderr only.
  const live = create(stream, { defaultWidth: textWidth, showCursor: true });
  // The last column stays free: some terminals wrap when it is written to.
  const columns = (): number => Math.max(40, Math.min(stream.columns ?? textWidth, 120)) - 1;
  let stage: { name: string; text: string; since: number } | undefined;
  let rate: string | undefined;
  let marks = '';
  let health: string | undefined;
  let drawnAt = Number.NEGATIVE_INFINITY;
  let stopped = false;

  const keep = (name: string, text: string, paint: (text: string) => string = colours.bold): void => {
    const lines = paragraph(name, text, columns());
    live.persist(lines.map((line, i) => (i === 0 ? emphasize(line, paint) : line)).join('\n'));
  };
  const draw = (force = false): void => {
    if (stage === undefined || stopped) return;
    if (!force && now() - drawnAt < redrawMs) return;
    drawnAt = now();
    const elapsed = seconds(now() - stage.since);
    const watched = [
      ...(rate === undefined ? [] : [rate]),
      ...(marks === '' ? [] : [`probes ${marks}`]),
      ...(health === undefined ? [] : [health]),
    ];
    const text = [...(watched.length === 0 ? [stage.text] : watched), elapsed].join('  ');
    live(emphasize(shorten(named(stage.name, text), columns()), colours.cyan));
  };
  const timer = setInterval(() => draw(true), 250);
  timer.unref();

  const emit = (event: LabEvent): void => {
    if (stopped) return;
    switch (event.type) {
      case 'stage-started':
        stage = { name: event.stage, text: event.text, since: now() };
        [rate, marks, health] = [undefined, '', undefined];
        draw(true);
        return;
      case 'stage-finished': {
        const probes = marks === '' ? '' : `; probes ${marks}`;
        keep(event.stage, `${event.text}${probes} (${seconds(event.ms)})`, colours.green);
        stage = undefined;
        live.clear();
        return;
      }
      case 'progress':
        rate = event.text;
        draw();
        return;
      case 'load-step':
        keep('load', `${stepText(event.step)}: ${event.why}`);
        return;
      case 'load-sample':
        rate = `${thousands(event.sample.requestsPerSecond)} requests/s`;
        draw();
        return;
      case 'crowd-sample':
        rate = crowdText(event.sample);
        [marks, health] = ['', undefined];
        draw();
        return;
      case 'probe':
        marks = (marks + probeMark(event.outcome)).slice(-marksShown);
        draw();
        return;
      case 'health':
        health = event.health;
        draw();
        return;
      case 'process':
      case 'goroutines':
        return;
      case 'note':
        keep('note', event.text);
        return;
      default:
        unreachable(event);
    }
  };
  return {
    emit,
    stop() {
      if (stopped) return;
      stopped = true;
      clearInterval(timer);
      live.clear();
      live.done();
    },
  };
}

function paragraph(name: string, text: string, width: number): string[] {
  const indent = ' '.repeat(nameColumns);
  return wrap(text, { width, indent, first: named(name, '').padEnd(nameColumns) });
}

function emphasize(line: string, paint: (text: string) => string): string {
  return `${paint(line.slice(0, nameColumns))}${line.slice(nameColumns)}`;
}
