import { z } from 'zod';
import { protocolChoices } from '../choices.js';
import { pageLookSchema, processLookSchema } from './look.js';

/** How the clients of a stampede come. */
export const protocols = protocolChoices;
export type Protocol = (typeof protocols)[number];

export const protocolNames: Readonly<Record<Protocol, string>> = { http1: 'HTTP/1.1', http2: 'HTTP/2' };

/** One look at the crowd while it grows, a line of `crowd.jsonl`. */
export const crowdSampleSchema = z.object({
  /** Milliseconds of the Unix epoch. */
  at: z.number(),
  /** Requests of the stampede until now, and how many of them got no answer. */
  requests: z.number().int(),
  unanswered: z.number().int(),
  ...processLookSchema.shape,
});
export type CrowdSample = z.infer<typeof crowdSampleSchema>;

const markSchema = z.object({
  /** Goroutines beyond those of the idle server, as pprof counts them. */
  stuck: z.number().int(),
  requests: z.number().int(),
  /** Since the first client came, milliseconds. */
  ms: z.number(),
  /** Before pprof was asked, which takes memory itself, and afterwards. */
  before: processLookSchema,
  after: processLookSchema,
  count: pageLookSchema,
  /** Absent once a page was cut off at its 64 MB: larger crowds fill the same page, and the server longer. */
  list: pageLookSchema.optional(),
});
export type CrowdMark = z.infer<typeof markSchema>;

/** What came of a stampede. */
export const stampedeFactsSchema = z.object({
  protocol: z.enum(protocols),
  size: z.number().int(),
  clients: z.number().int(),
  patienceMs: z.number(),
  /** Source addresses of the loopback interface that the clients used. */
  sources: z.number().int(),
  requests: z.number().int(),
  answered: z.number().int(),
  /** Connections that failed before their requests were sent. */
  failed: z.number().int(),
  /** From the first client until the last has gone, without the looks in between. */
  ms: z.number(),
  marks: z.array(markSchema),
});
export type StampedeFacts = z.infer<typeof stampedeFactsSchema>;
