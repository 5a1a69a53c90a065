import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { Commands } from '../parts.js';
import { counted, number } from '../words.js';
import type { GroupMembers } from './members.js';

/** Pixels; the style has the same number. */
const rowHeight = 30;
const mostVisible = 9;
const spare = 6;
/** Browsers draw nothing that is higher than some ten million pixels: longer lists are scrolled in larger steps. */
const mostPixels = 8_000_000;

/** The goroutines of a group, of which only those in sight exist; moved by the keys that lists have. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: the parts of the list share where it is scrolled to
export function MemberRows({
  group,
  members,
  count,
  wanted,
}: {
  /** `S3` */
  readonly group: string;
  readonly members: GroupMembers;
  /** All that the group has; the page may have fewer. */
  readonly count: number;
  /** The goroutine that was searched for. */
  readonly wanted: number | undefined;
}) {
  const { ids, waited } = members;
  const knowsWaits = waited?.some((one) => one > 0) === true;
  const [longestFirst, setLongestFirst] = useState(false);
  const order = useMemo(() => {
    const places = Uint32Array.from(ids, (_, i) => i);
    return longestFirst && waited !== undefined
      ? places.sort((a, b) => (waited[b] ?? 0) - (waited[a] ?? 0) || a - b)
      : places;
  }, [ids, waited, longestFirst]);
  const [active, setActive] = useState(0);
  const [top, setTop] = useState(0);
  const box = useRef<HTMLDivElement>(null);
  const visible = Math.min(ids.length, mostVisible);
  const height = Math.min(ids.length * rowHeight, mostPixels);
  /** Rows that one pixel of scrolling passes. */
  const step = (ids.length - visible) / Math.max(1, height - visible * rowHeight);
  const first = Math.max(0, Math.floor(top * step) - spare);
  const drawn = Array.from(
    { length: Math.min(ids.length - first, visible + 2 * spare) },
    (_, i) => first + i,
  );
  const all = active >= first && active < first + drawn.length ? drawn : [...drawn, active];

  const go = (at: number): void => {
    const within = Math.min(ids.length - 1, Math.max(0, at));
    setActive(within);
    const element = box.current;
    if (element === null) return;
    const shown = element.scrollTop * step;
    if (within < shown) element.scrollTop = within / step;
    else if (within > shown + visible - 1) element.scrollTop = Math.ceil((within - visible + 1) / step);
  };
  useEffect(() => {
    const at = wanted === undefined ? 0 : order.findIndex((place) => ids[place] === wanted);
    go(Math.max(0, at));
  }, [order, ids, wanted]);

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const moves: Readonly<Record<string, number>> = {
      ...{ ArrowDown: active + 1, ArrowUp: active - 1, Home: 0, End: ids.length - 1 },
      ...{ PageDown: active + visible - 1, PageUp: active - visible + 1 },
    };
    const at = moves[event.key];
    if (at === undefined) return;
    event.preventDefault();
    go(at);
  };
  const chosen = ids[order[active] ?? -1];
  return (
    <div class="members">
      <div class="members-head">
        <h4 id="members-title">
          {ids.length < count
            ? `The first ${number(ids.length)} of ${number(count)}`
            : `All ${counted(count, 'goroutine')}`}
        </h4>
        {knowsWaits && ids.length > 1 && (
          <label class="check">
            <input
              type="checkbox"
              checked={longestFirst}
              onChange={(event) => setLongestFirst(event.currentTarget.checked)}
            />
            longest wait first
          </label>
        )}
      </div>
      <div
        ref={box}
        class="member-rows"
        role="listbox"
        tabIndex={0}
        aria-labelledby="members-title"
        aria-activedescendant={`member-${active}`}
        style={{ height: `${visible * rowHeight + 2}px` }}
        onScroll={(event) => setTop(event.currentTarget.scrollTop)}
        onKeyDown={onKeyDown}
      >
        <div role="presentation" class="member-room" style={{ height: `${height}px` }}>
          {all.map((at) => (
            <div
              key={at}
              id={`member-${at}`}
              role="option"
              class={`member${at === active ? ' active' : ''}`}
              aria-selected={at === active}
              aria-posinset={at + 1}
              aria-setsize={ids.length}
              style={{ top: `${Math.round(top + (at - top * step) * rowHeight)}px` }}
              onClick={() => setActive(at)}
            >
              <span class="member-id">{ids[order[at] ?? -1]}</span>{' '}
              <Facts members={members} at={order[at] ?? -1} />
            </div>
          ))}
        </div>
      </div>
      {chosen !== undefined && (
        <Commands
          lines={[`goroutine ${chosen} bt`]}
          prompt="(dlv)"
          what={`the command that shows goroutine ${chosen} of ${group}`}
        />
      )}
    </div>
  );
}

/** What is known of a goroutine alone. */
function Facts({
  members: { ids, waited, creators, locked },
  at,
}: {
  readonly members: GroupMembers;
  readonly at: number;
}) {
  const facts = [
    ...((waited?.[at] ?? 0) > 0 ? [`waits ${duration(waited?.[at] ?? 0)} or longer`] : []),
    ...((creators?.[at] ?? 0) > 0 ? [`started by ${creators?.[at]}`] : []),
    ...(locked.has(ids[at] ?? -1) ? ['locked to its thread'] : []),
  ];
  return <span class="facts">{facts.join(' · ')}</span>;
}

function duration(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3_600)} h`;
}
