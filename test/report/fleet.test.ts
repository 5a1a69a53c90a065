import { expect } from 'chai';
import { createColors } from 'picocolors';
import { fleetMarkdown } from '../../lab/report/fleet/markdown.js';
import type { FleetReport } from '../../lab/report/fleet/read.js';
import { fleetText, timelineLines } from '../../lab/report/fleet/text.js';
import { timelineHtml } from '../../lab/report/fleet/timeline.js';
import { report, result, samples } from './a-fleet.js';

describe("a fleet's report", () => {
  it('draws each instance over time, a character for each state', () => {
    const [i1 = '', i2 = '', legend = ''] = timelineLines(samples, 80);
    expect(i1).to.match(/^i1 \.+#+$/);
    expect(i2).to.match(/^i2 \.+#+$/);
    expect(i2.indexOf('#'), 'i2 was first').to.be.lessThan(i1.indexOf('#'));
    expect(legend).to.contain('. serving').and.to.contain('# hung');
  });

  it('shows what the checks said under what the instance was in truth', () => {
    const { markup } = timelineHtml(samples, undefined);
    expect(markup.match(/class="hung"/g)).to.have.length(2);
    expect(markup.match(/>bare connect</g)).to.have.length(2);
    expect(markup).to.contain('<title>failed (&lt;L7TOUT&gt;)</title>').and.not.to.contain('<L7TOUT>');
    expect(timelineHtml([], undefined).markup, 'of nothing').to.contain('Nobody looked');
  });

  it('names what a balancer learns from, where it makes no checks', () => {
    const { markup } = timelineHtml(samples, { http: 'never', tcp: 'requests' });
    expect(markup).to.contain('>HTTP, not seen<').and.to.contain('>connects<');
    const nginx = { ...result.balancer, looks: { http: 'never', tcp: 'requests' } } as const;
    const told = fleetMarkdown({ ...report, result: { ...result, balancer: nginx } });
    expect(told).to.contain('| i1 | is never made |').and.to.not.contain('before the lab was sure');
  });

  it('tells one root cause with its instances, and how each core is looked at again', () => {
    const options = { columns: 80, palette: createColors(false), dir: '/runs/a-fleet' };
    const text = fleetText(report, options);
    expect(text).to.contain('as expected: all 2 hung').and.to.contain('one root cause');
    expect(text.replaceAll(/\s+/g, ' ')).to.contain(
      'i1: goroutine 6; the value it is sending: main.Metric{}; 576 goroutines behind',
    );
    expect(text).to.contain('lab analyze --exe /runs/a-fleet/i1/server --core /runs/a-fleet/i1/core.7');
    expect(text.split('\n').filter((line) => line.length > 80 && !line.includes('npx lab'))).to.deep.equal(
      [],
    );
    expect(fleetMarkdown(report)).to.contain('| i1 | failed, 0.5 s before the lab was sure |');
  });

  it('tells what there is of a run that did not come to its end', () => {
    const cut: FleetReport = { ...report, result: undefined, record: { ...report.record, conclusion: null } };
    const options = { columns: 80, palette: createColors(false), dir: '/runs/a-fleet' };
    expect(fleetText(cut, options)).to.contain('no conclusion').and.to.contain('/runs/a-fleet');
    expect(fleetMarkdown(cut)).to.contain('i1 .');
  });
});
