import type { ServerResponse } from 'node:http';
import type { LiveEvent } from '../live.js';

/** Everyone who listens to server-sent events (the HTML standard, section 9.2). */
export interface EventStream extends Disposable {
  readonly tell: (event: LiveEvent) => void;
  /** `first` is told to this one alone, before all others. */
  add(response: ServerResponse, first?: LiveEvent): void;
}

/** A comment this often keeps a connection from being taken for dead. */
const beatMs = 15_000;
/** Who reads so slowly gets no more samples, only what follows. */
const maxBuffered = 256 * 1024;

export function openEventStream(): EventStream {
  const listeners = new Set<ServerResponse>();
  const write = (text: string): void => {
    for (const listener of listeners) if (listener.writableLength < maxBuffered) listener.write(text);
  };
  const beat = setInterval(() => write(':\n\n'), beatMs);
  beat.unref();
  const messageOf = (event: LiveEvent): string => `data: ${JSON.stringify(event)}\n\n`;
  return {
    tell: (event) => write(messageOf(event)),
    add(response, first) {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`retry: 1000\n\n${first === undefined ? '' : messageOf(first)}`);
      listeners.add(response);
      response.on('close', () => listeners.delete(response));
    },
    [Symbol.dispose]() {
      clearInterval(beat);
      for (const listener of listeners) listener.end();
    },
  };
}
