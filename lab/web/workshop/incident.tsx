import { useEffect, useState } from 'preact/hooks';
import type { IncidentView } from '../../workshop/view.js';

/** Time and points of a timed exercise, while it goes on and when it is over. */
export function Incident({ incident }: { readonly incident: IncidentView }) {
  const { begunAt, endedAt, minutes, points, most, costs, lost } = incident;
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (endedAt !== undefined) return;
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, [endedAt]);
  const until = endedAt === undefined ? now : new Date(endedAt).getTime();
  const left =
    begunAt === undefined ? minutes * 60 : minutes * 60 - (until - new Date(begunAt).getTime()) / 1_000;
  return (
    <section class={`panel incident${left < 0 ? ' late' : ''}`} aria-label="Time and points">
      <p>
        <strong class="clock">{clockOf(left)}</strong> {left < 0 ? 'over time' : 'left'}
        {endedAt !== undefined && ', and it is over'}
      </p>
      <p>
        <strong class="clock">
          {points} of {most}
        </strong>{' '}
        points
      </p>
      <p class="dim">
        A hint costs {costs.hint}, a wrong answer {costs.wrong}, each minute too much {costs.late}.
        {lost.length > 0 && ` So far: ${lost.map(({ what, points }) => `${what} −${points}`).join(', ')}.`}
      </p>
    </section>
  );
}

function clockOf(seconds: number): string {
  const whole = Math.floor(Math.abs(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}
