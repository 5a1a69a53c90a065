import { createWriteStream, type WriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import type { Emit, LabEvent } from '../events.js';

type Series = 'load' | 'probes' | 'process' | 'goroutines' | 'crowd';

export interface Recorder extends AsyncDisposable {
  readonly emit: Emit;
}

/**
 * Keeps the raw series of a run, one JSON object per line: `load.jsonl`, `probes.jsonl`, `process.jsonl`, `goroutines.jsonl` and, of a
 * stampede, `crowd.jsonl`.
 */
export function recordSeries(file: (name: string) => string): Recorder {
  const open = (name: string) => createWriteStream(file(name), { flags: 'a', mode: 0o600 });
  const streams = new Map<Series, WriteStream>();
  const streamOf = (series: Series): WriteStream => {
    const stream = streams.get(series) ?? open(`${series}.jsonl`);
    // A series is worth less than the run: a write error ends the series, not the run.
    if (!streams.has(series)) stream.on('error', () => {});
    streams.set(series, stream);
    return stream;
  };
  streamOf('load');
  streamOf('probes');
  return {
    emit(event) {
      const [series, line] = lineOf(event);
      if (series === undefined) return;
      const stream = streamOf(series);
      if (stream.writable) stream.write(`${JSON.stringify(line)}\n`);
    },
    async [Symbol.asyncDispose]() {
      const ends = [...streams.values()].map(async (stream) => {
        stream.end();
        await finished(stream).catch(() => {});
      });
      await Promise.all(ends);
    },
  };
}

function lineOf(event: LabEvent): [Series | undefined, unknown] {
  switch (event.type) {
    case 'load-sample':
      return ['load', event.sample];
    case 'load-step':
      return ['load', { at: Date.now(), step: event.step, why: event.why }];
    case 'crowd-sample':
      return ['crowd', event.sample];
    case 'probe':
      return ['probes', event.outcome];
    case 'process':
      return ['process', event.stats];
    case 'goroutines':
      return ['goroutines', { at: event.at, goroutines: event.goroutines }];
    case 'health':
      return ['probes', { at: event.at, health: event.health, why: event.why }];
    default:
      return [undefined, undefined];
  }
}
