import { expect } from 'chai';
import { learnFromAnswer, learnFromCaddy } from '../../lab/fleet/balancer/caddy-log.js';
import { type Learned, learned } from '../../lab/fleet/balancer/learned.js';
import { learnFromError, learnFromRequest } from '../../lab/fleet/balancer/nginx-log.js';

const backends = [1, 2].map((i) => ({ name: `i${i}`, host: '127.0.0.1', port: 9_000 + i }));

function view(known: Learned, i = 0) {
  const backend = backends[i];
  if (backend === undefined) throw new RangeError(`no instance ${i}`);
  return known.view(backend, { service: undefined, sessions: 0, kinds: ['http', 'tcp'] });
}

/** Lines as nginx 1.22 wrote them. */
describe("nginx's logs", () => {
  it('tell of each try of a request', () => {
    const known = learned(backends);
    learnFromRequest('127.0.0.1:9001|200|0.000|119', known);
    expect(known.allAnswered()).to.equal(false);
    learnFromRequest('127.0.0.1:9001, 127.0.0.1:9002|504, 200|0.000, 0.001|0, 119', known);
    expect(known.allAnswered()).to.equal(true);
    expect(view(known)).to.deep.include({ answers: 1, responseErrors: 1, retries: 1, connectErrors: 0 });
    expect(view(known).checks).to.deep.equal({
      tcp: { up: true, said: 'connected' },
      http: { up: false, said: '504, no answer' },
    });
    expect(view(known, 1)).to.deep.include({ answers: 1, responseErrors: 0, retries: 0 });
  });

  it('tell a connect that failed from an answer that did not come', () => {
    const known = learned(backends);
    learnFromRequest('127.0.0.1:9001, 127.0.0.1:9002|502, 504|-, -|0, 0', known);
    expect(view(known).checks.tcp).to.deep.equal({ up: false, said: 'no connection, 502' });
    expect(view(known, 1).checks.tcp).to.deep.equal({ up: false, said: 'no connection, 504' });
  });

  it('say nothing of an instance whose client left, nor of a request that none was left for', () => {
    const known = learned(backends);
    learnFromRequest('127.0.0.1:9001|-|0.000|0', known);
    learnFromRequest('service|502|-|0', known);
    learnFromRequest('', known);
    expect(view(known)).to.deep.equal(view(learned(backends)));
  });

  it('tell who is left out until it answers', () => {
    const known = learned(backends);
    const line =
      '2026/11/30 11:09:42 [warn] 12059#12059: *7599 upstream server temporarily disabled while reading response header from upstream, client: 127.0.0.1, server: , request: "GET / HTTP/1.1", upstream: "http://127.0.0.1:9002/", host: "127.0.0.1:80"';
    learnFromError(line, known);
    expect([view(known).service, view(known, 1).service]).to.deep.equal(['up', 'down']);
    learnFromRequest('127.0.0.1:9002|200|0.000|119', known);
    expect(view(known, 1).service).to.equal('up');
  });
});

/** Lines as Caddy 2.6 wrote them. */
describe("Caddy's logs", () => {
  const check = (more: object): string =>
    JSON.stringify({ level: 'info', logger: 'http.handlers.reverse_proxy.health_checker.active', ...more });

  it('tell which instance answered', () => {
    const known = learned(backends);
    const line =
      '{"ts":1,"duration":0.0006,"size":3,"status":200,"resp_headers":{"Content-Length":["3"],"X-Instance":["127.0.0.1:9001"]}}';
    learnFromAnswer(line, known);
    learnFromAnswer('{"ts":1,"size":0,"status":503,"resp_headers":{}}', known);
    expect(view(known)).to.deep.include({ answers: 1, responseErrors: 0 });
    expect(view(known, 1)).to.deep.include({ answers: 0 });
  });

  it('tell a silent instance from one that cannot be connected to, and one that is back', () => {
    const known = learned(backends);
    const failed = 'HTTP request failed';
    const silent = 'Get "http://127.0.0.1:9001/": net/http: timeout awaiting response headers';
    learnFromCaddy(check({ msg: failed, host: '127.0.0.1:9001', error: silent }), known);
    const refused = 'Get "http://127.0.0.1:9002/": dial tcp 127.0.0.1:9002: connect: connection refused';
    learnFromCaddy(check({ msg: failed, host: '127.0.0.1:9002', error: refused }), known);
    expect(view(known).checks).to.deep.equal({
      tcp: { up: true, said: 'connected' },
      http: { up: false, said: 'timeout awaiting response headers' },
    });
    expect(view(known, 1).checks.tcp).to.deep.equal({ up: false, said: 'no connection: connection refused' });
    learnFromCaddy(check({ msg: 'host is up', host: '127.0.0.1:9002' }), known);
    expect(view(known, 1).checks.http).to.deep.equal({ up: true, said: 'host is up' });
  });

  it('tell of a request whose connect failed', () => {
    const known = learned(backends);
    const msg = 'dial tcp 127.0.0.1:9001: i/o timeout';
    learnFromCaddy(JSON.stringify({ level: 'error', logger: 'http.log.error', msg, status: 502 }), known);
    expect(view(known).checks.tcp).to.deep.equal({ up: false, said: 'no connection: i/o timeout' });
    const own = 'Get "http://127.0.0.1:9002/": dial tcp 127.0.0.1:9002: socket: too many open files';
    learnFromCaddy(check({ msg: 'HTTP request failed', host: '127.0.0.1:9002', error: own }), known);
    expect(view(known, 1).checks.tcp?.up, 'its own files are used up').to.equal(true);
    learnFromCaddy(JSON.stringify({ level: 'info', msg: 'serving initial configuration' }), known);
    expect(view(known)).to.deep.include({ connectErrors: 1 });
  });
});
