import { z } from 'zod';
import { type Protocol, protocols } from './facts.js';

/** Of HTTP/2 as many as Go's net/http takes at a time (SETTINGS_MAX_CONCURRENT_STREAMS). */
export const requestsPerConnection: Readonly<Record<Protocol, number>> = { http1: 1, http2: 250 };

/** What the process of the clients is told when it starts, as its only argument. */
export const clientsOptionsSchema = z.object({
  /** `http://127.0.0.1:port/path`. */
  url: z.string(),
  protocol: z.enum(protocols),
  /** Clients that are there at the same time. */
  clients: z.number().int().positive(),
  /** How long a client waits for an answer before it goes. Milliseconds. */
  patienceMs: z.number().positive(),
  /** Connections from one source address before the next one is used. */
  perSource: z.number().int().positive(),
});
export type ClientsOptions = z.infer<typeof clientsOptionsSchema>;

/** A line to its stdin: so many more requests. */
export const clientsCommandSchema = z.object({ send: z.number().int().positive() });
export type ClientsCommand = z.infer<typeof clientsCommandSchema>;

/** A line from its stdout: totals since it began. */
export const clientsReportSchema = z.object({
  /** Requests that are with the server, or at least with its kernel. */
  sent: z.number().int(),
  answered: z.number().int(),
  /** Requests whose client went without an answer. */
  givenUp: z.number().int(),
  connections: z.number().int(),
  /** Connections that failed before all of their requests were sent. */
  failed: z.number().int(),
  lastFailure: z.string().optional(),
  /** Nothing is left to send, and every client has gone. */
  idle: z.boolean(),
});
export type ClientsReport = z.infer<typeof clientsReportSchema>;
