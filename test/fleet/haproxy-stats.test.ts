import { expect } from 'chai';
import { readStats } from '../../lab/fleet/balancer/haproxy-stats.js';

/** As HAProxy 2.6 prints it, with fewer columns. */
const stats = `# pxname,svname,qcur,scur,bout,status,econ,eresp,wretr,wredis,check_status,
clients,FRONTEND,,12,0,OPEN,,,,,,
service,i1,0,500,4444769,DOWN,3,7,2,1,L7TOUT,
service,i2,0,333,1383018,UP 1/2,0,0,0,0,* L7TOUT,
service,i3,0,0,120,DRAIN,0,0,0,0,L7OK,
service,BACKEND,0,833,5827907,UP,3,7,2,1,,
watched,i1,0,0,0,UP,0,0,0,0,L4OK,
watched,i2,0,0,0,UP,0,0,0,0,* L4OK,
watched,i3,0,0,0,DOWN,0,0,0,0,L4TOUT,
watched,BACKEND,0,0,0,UP,0,0,0,0,,
`;

describe("HAProxy's statistics", () => {
  it('tell of each server by both kinds of check', () => {
    const [i1, i2, i3] = readStats(stats, 'http');
    expect(i1).to.deep.include({ name: 'i1', service: 'down', sessions: 500, bytesOut: 4_444_769 });
    expect(i1).to.deep.include({ connectErrors: 3, responseErrors: 7, retries: 3 });
    expect(i1?.checks).to.deep.equal({
      http: { up: false, said: 'L7TOUT' },
      tcp: { up: true, said: 'L4OK' },
    });
    expect(i2, 'about to fall').to.deep.include({ service: 'up' });
    expect(i2?.checks.http).to.deep.equal({ up: true, said: 'L7TOUT' });
    expect(i3?.service).to.equal('drained');
    expect(i3?.checks, 'drained says nothing of the check').to.deep.equal({
      http: { up: true, said: 'L7OK' },
      tcp: { up: false, said: 'L4TOUT' },
    });
  });

  it('change sides where a connection decides', () => {
    const [i1] = readStats(stats, 'tcp');
    expect(i1?.checks.tcp?.said).to.equal('L7TOUT');
    expect(i1?.checks.http?.said).to.equal('L4OK');
  });

  it('are none in an answer that is cut off', () => {
    expect(readStats('', 'http')).to.deep.equal([]);
    expect(readStats(stats.split('\n').slice(0, 2).join('\n'), 'http')).to.deep.equal([]);
  });
});
