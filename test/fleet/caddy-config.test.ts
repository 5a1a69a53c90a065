import { expect } from 'chai';
import { caddyConfig } from '../../lab/fleet/balancer/caddy-config.js';

const text = (http2: boolean): string =>
  JSON.stringify(
    caddyConfig({
      ...{
        host: '127.0.0.1',
        port: 8080,
        socket: '/s',
        requests: '/r',
        path: '/',
        healthCheck: 'http',
        http2,
      },
      ...{ backends: [{ name: 'i1', host: '127.0.0.1', port: 8081 }], drained: new Set() },
    }),
  );

describe("Caddy's configuration", () => {
  it('speaks HTTP/2 without TLS to instances that can, without the limits that it does not know there', () => {
    expect(text(true)).to.contain('"versions":["h2c","2"]').and.not.contain('response_header_timeout');
    expect(text(false)).to.contain('"response_header_timeout":"2s"').and.not.contain('h2c');
  });
});
