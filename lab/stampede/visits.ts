import { connect as connectHttp2 } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { messageOf } from '../errors.js';

/** What became of the requests of one connection. */
export interface Visit {
  readonly sent: number;
  readonly answered: number;
  /** Why fewer were sent than should have been. */
  readonly failure?: string;
}

export interface VisitOptions {
  readonly url: URL;
  /** Source address of the connection. */
  readonly source: string;
  readonly requests: number;
  /** After the last request is sent, answers are waited for that long. Milliseconds. */
  readonly patienceMs: number;
}

/** A connection opens, sends its requests, waits no longer than its patience, and is closed. Never rejects. */
export type VisitOnce = (options: VisitOptions) => Promise<Visit>;

/** The longest that opening and sending may take. */
const sendWithinMs = 20_000;

/** One request on a connection without keep-alive, as a client does that was built by hand. */
export const visitHttp1: VisitOnce = ({ url, source, patienceMs }) =>
  new Promise((resolve) => {
    const socket = dial(url, source);
    let sent = 0;
    let answered = 0;
    let timer = setTimeout(() => leave('no connection'), sendWithinMs);
    const leave = (failure?: string): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ sent, answered, ...(sent === 1 || failure === undefined ? {} : { failure }) });
    };
    socket.on('connect', () => {
      const head = `GET ${url.pathname}${url.search} HTTP/1.1\r\nhost: ${url.host}\r\nconnection: close\r\n\r\n`;
      socket.write(head, (error) => {
        if (error) return;
        sent = 1;
        clearTimeout(timer);
        timer = setTimeout(leave, patienceMs);
      });
    });
    socket.on('data', () => {
      answered = 1;
    });
    socket.on('error', (error) => leave(messageOf(error)));
    socket.on('close', () => leave('closed before the request was sent'));
  });

/**
 * All requests at once on one connection, as a proxy sends those of many clients, without TLS and without asking
 * first. They are known to be with the server once it has answered a ping that was sent after them.
 */
export const visitHttp2: VisitOnce = ({ url, source, requests, patienceMs }) =>
  new Promise((resolve) => {
    const session = connectHttp2(url.origin, { createConnection: () => dial(url, source) });
    let sent = 0;
    let answered = 0;
    let timer = setTimeout(() => leave('no connection'), sendWithinMs);
    const leave = (failure?: string): void => {
      clearTimeout(timer);
      session.destroy();
      resolve({ sent, answered, ...(sent === requests || failure === undefined ? {} : { failure }) });
    };
    const ask = (): void => {
      const stream = session.request({ ':path': `${url.pathname}${url.search}` });
      stream.on('error', () => {}); // the connection tells
      stream.on('end', () => {
        answered += 1;
        if (answered === requests && sent === requests) leave();
      });
      stream.resume();
      stream.end();
    };
    session.once('remoteSettings', ({ maxConcurrentStreams = requests }) => {
      if (maxConcurrentStreams < requests) {
        leave(`the server takes ${maxConcurrentStreams} requests on a connection, not ${requests}`);
        return;
      }
      for (let i = 0; i < requests; i += 1) ask();
      session.ping((error) => {
        if (error !== null) return;
        sent = requests;
        clearTimeout(timer);
        timer = setTimeout(leave, answered === requests ? 0 : patienceMs);
      });
    });
    session.on('error', (error) => leave(messageOf(error)));
    session.on('close', () => leave('closed before the requests were sent'));
  });

function dial(url: URL, source: string): Socket {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return connect({ host, port: Number(url.port), localAddress: source, noDelay: true });
}
