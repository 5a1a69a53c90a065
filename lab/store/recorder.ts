import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import type { Emit, LabEvent } from '../events.js';

export interface Recorder extends AsyncDisposable {
  readonly emit: Emit;
}

/** Keeps the raw series of a run: `load.jsonl` and `probes.jsonl`, one JSON object per line. */
export function recordSeries(file: (name: string) => string): Recorder {
  const open = (name: string) => createWriteStream(file(name), { flags: 'a', mode: 0o600 });
  const streams = { load: open('load.jsonl'), probes: open('probes.jsonl') };
  // A series is worth less than the run: a write error ends the series, not the run.
  for (const stream of Object.values(streams)) stream.on('error', () => {});
  return {
    emit(event) {
      const [series, line] = lineOf(event);
      if (series !== undefined && streams[series].writable)
        streams[series].write(`${JSON.stringify(line)}\n`);
    },
    async [Symbol.asyncDispose]() {
      const ends = Object.values(streams).map(async (stream) => {
        stream.end();
        await finished(stream).catch(() => {});
      });
      await Promise.all(ends);
    },
  };
}

function lineOf(event: LabEvent): ['load' | 'probes' | undefined, unknown] {
  switch (event.type) {
    case 'load-sample':
      return ['load', event.sample];
    case 'load-step':
      return ['load', { at: Date.now(), step: event.step, why: event.why }];
    case 'probe':
      return ['probes', event.outcome];
    case 'health':
      return ['probes', { at: event.at, health: event.health, why: event.why }];
    default:
      return [undefined, undefined];
  }
}
