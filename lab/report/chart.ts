import type { ProbeOutcome } from '../hang/health.js';
import type { LoadSample } from '../load/sample.js';
import { type HtmlValue, html, type Markup } from './html.js';

const width = 720;
const height = 160;
const probesY = height + 18;

/** Requests per second over time, with the probes as marks below; nothing when there is no series. */
export function loadChart(
  samples: readonly LoadSample[],
  probes: readonly ProbeOutcome[],
): Markup | undefined {
  const times = [...samples, ...probes].map(({ at }) => at);
  const start = Math.min(...times);
  const span = Math.max(...times) - start;
  const top = Math.max(...samples.map(({ requestsPerSecond }) => requestsPerSecond), 0);
  if (samples.length < 2 || span <= 0 || top <= 0) return undefined;
  const x = (at: number): number => round(((at - start) / span) * width);
  const y = (rate: number): number => round(height - (rate / top) * (height - 22));
  const points = samples.map((sample) => `${x(sample.at)},${y(sample.requestsPerSecond)}`).join(' ');
  const area = `${x(samples[0]?.at ?? start)},${height} ${points} ${x(samples.at(-1)?.at ?? start)},${height}`;
  const marks: HtmlValue = probes.map(
    (probe) =>
      html`<circle class="${probe.kind === 'answered' ? 'good' : 'bad'}" cx="${x(probe.at)}" cy="${probesY}" r="4"><title>${probe.kind} after ${Math.round(probe.ms)} ms</title></circle>`,
  );
  const answered = probes.filter(({ kind }) => kind === 'answered').length;
  return html`<figure>
<svg viewBox="-8 0 ${width + 16} ${height + 44}" role="img" aria-label="Requests per second over ${(span / 1_000).toFixed(1)} seconds, at most ${top}; ${answered} of ${probes.length} probes were answered">
<polygon class="area" points="${area}"/><polyline class="line" points="${points}"/>
<line class="axis" x1="0" y1="${height}" x2="${width}" y2="${height}"/>
${marks}
<text x="0" y="10">${top.toLocaleString('en-US')} requests/s</text>
<text x="0" y="${height + 40}">0 s</text>
<text x="${width}" y="${height + 40}" text-anchor="end">${(span / 1_000).toFixed(1)} s</text>
</svg>
<figcaption>Answers per second under load. Below, each probe on a fresh connection: filled when it was answered, a ring when it was not.</figcaption>
</figure>`;
}

const round = (value: number): number => Math.round(value * 10) / 10;
