import type uPlot from 'uplot';
import type { Timeline } from '../../report/page-data.js';
import type { Colours } from './colours.js';
import { number } from './words.js';

/*
 * What the charts show beside lines: the phases of the run, and probes, which differ by their shape.
 */

type Probe = Timeline['probes'][number];

const probeWords: Readonly<Record<Probe['kind'], readonly [sign: string, words: string]>> = {
  answered: ['●', 'answered'],
  'timed-out': ['×', 'timed out'],
  refused: ['▲', 'refused'],
  cut: ['◆', 'cut off'],
};

/** The signs that there are, told in the title. */
export function titleOfProbes(probes: readonly Probe[]): string {
  const seen = new Set(probes.map(({ kind }) => kind));
  const signs = Object.entries(probeWords).flatMap(([kind, [sign, words]]) =>
    seen.has(kind as Probe['kind']) ? [`${sign} ${words}`] : [],
  );
  return `Probes on fresh connections, ms: ${signs.join('  ')}`;
}

export function probeText(probe: Probe | undefined): string {
  if (probe === undefined) return '';
  const [sign, words] = probeWords[probe.kind];
  return `${sign} ${words} after ${number(probe.ms)} ms`;
}

export function drawProbes(plot: uPlot, probes: readonly Probe[], { good, bad }: Colours): void {
  const { ctx } = plot;
  const size = 4.5 * devicePixelRatio;
  ctx.save();
  ctx.lineWidth = 2 * devicePixelRatio;
  for (const { t, ms, kind } of probes) {
    const [x, y] = [plot.valToPos(t, 'x', true), plot.valToPos(ms, 'y', true)];
    ctx.strokeStyle = ctx.fillStyle = kind === 'answered' ? good : bad;
    ctx.beginPath();
    if (kind === 'answered') ctx.arc(x, y, 0.8 * size, 0, 2 * Math.PI);
    else if (kind === 'timed-out') {
      ctx.moveTo(x - size, y - size);
      ctx.lineTo(x + size, y + size);
      ctx.moveTo(x + size, y - size);
      ctx.lineTo(x - size, y + size);
      ctx.stroke();
      continue;
    } else {
      ctx.moveTo(x, y - size);
      ctx.lineTo(x + size, kind === 'cut' ? y : y + size);
      if (kind === 'cut') ctx.lineTo(x, y + size);
      ctx.lineTo(x - size, kind === 'cut' ? y : y + size);
      ctx.closePath();
    }
    ctx.fill();
  }
  ctx.restore();
}

/** Shades behind everything else; on the first chart with their names, where there is room for them. */
export function drawPhases(
  plot: uPlot,
  { phases }: Timeline,
  { goodWash, warnWash, badWash, dim }: Colours,
  named: boolean,
): void {
  const { ctx, bbox } = plot;
  const washes = { healthy: goodWash, failing: warnWash, hung: badWash };
  ctx.save();
  ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
  ctx.textBaseline = 'bottom';
  for (const { name, from, to } of phases) {
    const [left, right] = [plot.valToPos(from, 'x', true), plot.valToPos(to, 'x', true)];
    ctx.fillStyle = washes[name];
    ctx.fillRect(left, bbox.top, right - left, bbox.height);
    const room = right - left - 12 * devicePixelRatio;
    if (!named || ctx.measureText(name).width > room) continue;
    ctx.fillStyle = dim;
    ctx.fillText(name, left + 6 * devicePixelRatio, bbox.top + bbox.height - 4 * devicePixelRatio);
  }
  ctx.restore();
}
