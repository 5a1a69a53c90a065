import Table from 'cli-table3';
import type { createLogUpdate } from 'log-update';
import { createColors } from 'picocolors';
import type { PlannedCell } from '../regress/plan.js';
import type { RegressView } from '../regress/regress.js';
import { type CellResult, countsOf } from '../regress/results.js';
import type { ProgressOptions } from './progress.js';
import { cellLine, countsLine, painter, verdictWords } from './regress-text.js';
import { shorten, textWidth } from './wrap.js';

export interface LiveRegressView extends RegressView {
  note(text: string): void;
  /** Takes the live table away; what comes later is dropped. */
  stop(): void;
}

/**
 * Shows a regression while it works: on a terminal the cells that run, in a table below those that have ended;
 * elsewhere a plain line for each cell that has ended.
 */
export function regressView(options: ProgressOptions): LiveRegressView {
  if (options.quiet) return silent;
  return options.live === undefined ? plainView(options) : liveView(options, options.live);
}

const silent: LiveRegressView = {
  begun() {},
  building() {},
  started() {},
  stage() {},
  finished() {},
  note() {},
  stop() {},
};

function plainView({ stream, colour }: ProgressOptions): LiveRegressView {
  const paint = linePainter(colour);
  let [done, all, stopped] = [0, 0, false];
  const say = (text: string): void => {
    if (!stopped) stream.write(`${text}\n`);
  };
  return {
    ...silent,
    begun(cells, before) {
      all = cells;
      done = before.length;
      say(`${cells} cells${done === 0 ? '' : `, ${done} of them done before`}`);
    },
    building(built, programs) {
      if (built === 0) say(`building ${programs} programs`);
    },
    finished(result) {
      done += 1;
      const count = `${done}/${all} `.padStart(2 * String(all).length + 2);
      say(count + paint(result, cellLine(result, textWidth - count.length)));
    },
    note: say,
    stop() {
      stopped = true;
    },
  };
}

function liveView(
  { stream, colour, now = () => performance.now() }: ProgressOptions,
  create: typeof createLogUpdate,
): LiveRegressView {
  const paint = linePainter(colour);
  const live = create(stream, { defaultWidth: textWidth, showCursor: true });
  const columns = (): number => Math.max(40, Math.min(stream.columns ?? textWidth, textWidth)) - 1;
  const running = new Map<string, { cell: PlannedCell; stage: string; since: number }>();
  const ended: CellResult[] = [];
  const began = now();
  let [all, built, programs, stopped] = [0, 0, 0, false];

  const draw = (): void => {
    if (stopped) return;
    const lines: string[] = [];
    if (running.size > 0) lines.push(...runningRows([...running.values()], columns(), now()));
    if (built < programs) lines.push(`building: ${built} of ${programs} programs`);
    lines.push(
      `${ended.length} of ${all} cells: ${countsLine({ counts: countsOf(ended), ms: now() - began })}`,
    );
    live(lines.join('\n'));
  };
  const timer = setInterval(draw, 250);
  timer.unref();
  return {
    begun(cells, before) {
      all = cells;
      ended.push(...before);
      draw();
    },
    building(done, of) {
      [built, programs] = [done, of];
      draw();
    },
    started(cell) {
      running.set(cell.id, { cell, stage: '', since: now() });
      draw();
    },
    stage(cell, stage) {
      const seen = running.get(cell.id);
      if (seen !== undefined) seen.stage = stage;
      draw();
    },
    finished(result) {
      if (stopped) return;
      running.delete(result.id);
      ended.push(result);
      live.persist(paint(result, cellLine(result, columns())));
      draw();
    },
    note(text) {
      if (!stopped) live.persist(text);
    },
    stop() {
      if (stopped) return;
      stopped = true;
      clearInterval(timer);
      live.clear();
      live.done();
    },
  };
}

interface RunningCell {
  readonly cell: PlannedCell;
  readonly stage: string;
  readonly since: number;
}

/** Below that a table leaves no room for names. */
const tableColumns = 59;

function runningRows(cells: readonly RunningCell[], width: number, now: number): string[] {
  if (width < tableColumns) {
    return cells.map(({ cell, stage }) =>
      shorten(`${stage.padEnd(9)} ${cell.scenario} ${cell.variant}`, width),
    );
  }
  const table = new Table({
    head: ['running', 'Go', 'Delve', 'stage', 's'],
    colWidths: [width - 46, 10, 10, 12, 8],
    colAligns: ['left', 'left', 'left', 'left', 'right'],
    style: { head: [], border: [], compact: true },
  });
  for (const { cell, stage, since } of cells) {
    const name = shorten(`${cell.scenario} ${cell.variant}`, width - 48);
    table.push([name, cell.go, cell.delve, stage, ((now - since) / 1000).toFixed(1)]);
  }
  return [table.toString()];
}

/** Colours the verdict at the beginning of a cell's line. */
function linePainter(colour: boolean): (result: CellResult, line: string) => string {
  const paint = painter(createColors(colour));
  return ({ verdict }, line) => {
    const { length } = verdictWords[verdict];
    return paint(verdict, line.slice(0, length)) + line.slice(length);
  };
}
