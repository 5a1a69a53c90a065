import { LabError, messageOf } from '../errors.js';

/** To be connected. */
const connectMs = 10_000;
/** To the first byte of the answer: the server looks at all goroutines before it writes. */
const answerMs = 120_000;
/** Between two pieces of it. */
const silenceMs = 60_000;

/**
 * What a server answers, in pieces; redirections are followed. Errors: `usage` for an address that is none, `target` for a
 * refused connection, an error status, and a server that falls silent.
 */
export async function* fetchDump(address: string, signal: AbortSignal): AsyncIterable<Uint8Array> {
  const url = parsed(address);
  const authorization = takeCredentials(url);
  const { Agent, interceptors, request } = await import('undici');
  const agent = new Agent({
    connect: { timeout: connectMs },
    headersTimeout: answerMs,
    bodyTimeout: silenceMs,
  });
  try {
    const answer = await request(url, {
      dispatcher: agent.compose(interceptors.redirect({ maxRedirections: 5 })),
      signal,
      headers: { accept: '*/*', ...(authorization !== undefined && { authorization }) },
    });
    if (answer.statusCode !== 200) throw await refusal(url, answer.statusCode, answer.body);
    for await (const piece of answer.body) yield piece as Buffer;
  } catch (error) {
    if (signal.aborted || error instanceof LabError) throw error;
    throw unanswered(url, error);
  } finally {
    await agent.destroy();
  }
}

function parsed(address: string): URL {
  try {
    return new URL(address);
  } catch (cause) {
    throw new LabError(`this is no address: ${address}`, {
      code: 'usage',
      hint: 'name a page: http://HOST:PORT/debug/pprof/goroutine?debug=2',
      cause,
    });
  }
}

/** Takes a name and a password out of `url`, so that no message shows them. */
function takeCredentials(url: URL): string | undefined {
  if (url.username === '' && url.password === '') return undefined;
  const words = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  url.username = '';
  url.password = '';
  return `Basic ${Buffer.from(words).toString('base64')}`;
}

async function refusal(url: URL, status: number, body: AsyncIterable<Uint8Array>): Promise<LabError> {
  let said = '';
  for await (const piece of body) {
    said += Buffer.from(piece).toString();
    if (said.length > 200) break;
  }
  const line = said.trim().split('\n')[0]?.slice(0, 120) ?? '';
  const hint =
    status === 401 || status === 403
      ? 'give the name and password in the address: http://NAME:PASSWORD@HOST/...'
      : status === 404 && url.pathname.endsWith('/goroutineleak')
        ? 'the program was built without it: build it with Go 1.27, or with Go 1.26 and GOEXPERIMENT=goroutineleakprofile'
        : status === 404
          ? `the program has to import net/http/pprof: open ${url.origin}/debug/pprof/`
          : `see what the server says: curl -si '${url.href}' | head`;
  return new LabError(`${url.href} answered ${status}${line === '' ? '' : `: ${line}`}`, {
    code: 'target',
    hint,
  });
}

function unanswered(url: URL, cause: unknown): LabError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const error = (message: string, hint: string) => new LabError(message, { code: 'target', hint, cause });
  const listening = 'look whether the address is right, and whether the program listens there: ss -ltn';
  if (code === 'ECONNREFUSED')
    return error(`nothing listens at ${url.host}: the connection was refused`, listening);
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return error(`the name ${url.hostname} is not known`, 'check the name, or give the IP address');
  }
  if (code === 'UND_ERR_CONNECT_TIMEOUT') {
    return error(`${url.host} cannot be reached: no connection within ${connectMs / 1000} s`, listening);
  }
  const dump = 'take a SIGQUIT dump instead: kill -QUIT PID, and pass what the program prints';
  if (code === 'UND_ERR_HEADERS_TIMEOUT') {
    return error(`${url.href} did not answer within ${answerMs / 1000} s`, dump);
  }
  if (code === 'UND_ERR_BODY_TIMEOUT') {
    return error(`${url.href} fell silent for ${silenceMs / 1000} s in the middle of its answer`, dump);
  }
  return error(`${url.href} did not answer as it should: ${messageOf(cause)}`, 'run the same command again');
}
