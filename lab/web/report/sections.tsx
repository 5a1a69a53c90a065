import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { ThemeToggle } from './theme.js';

export interface Section {
  readonly id: string;
  readonly name: string;
  /** Folded when the page opens. */
  readonly closed?: boolean;
  readonly content: ComponentChildren;
}

/** The parts of the page below each other; each can be folded. */
export function Sections({ sections }: { readonly sections: readonly Section[] }) {
  useEffect(() => {
    const open = () => openAround(location.hash);
    open();
    window.addEventListener('hashchange', open);
    return () => window.removeEventListener('hashchange', open);
  }, []);
  return (
    <>
      {sections.map(({ id, name, closed = false, content }) => (
        <section key={id} id={id} aria-labelledby={`${id}-title`}>
          <details class="part" open={!closed}>
            <summary>
              <h2 id={`${id}-title`}>{name}</h2>
            </summary>
            {content}
          </details>
        </section>
      ))}
    </>
  );
}

/** The contents, at the top of the screen: what is being read is marked, and in sight. */
export function Contents({ sections }: { readonly sections: readonly Section[] }) {
  const links = useRef<HTMLDivElement>(null);
  const at = useScrollSpy(sections);
  useEffect(() => {
    const box = links.current;
    const link = box?.querySelector<HTMLElement>('[aria-current]');
    if (box == null || link == null) return;
    box.scrollLeft = link.offsetLeft - box.offsetLeft - (box.clientWidth - link.offsetWidth) / 2;
  }, [at]);
  return (
    <nav class="bar" aria-label="Parts of this report">
      <div class="bar-links" ref={links} tabIndex={0} role="group" aria-label="Contents">
        {sections.map(({ id, name }) => (
          <a
            key={id}
            href={`#${id}`}
            {...(id === at ? { 'aria-current': 'true' as const } : {})}
            // The same link twice changes no address: what was folded meanwhile opens all the same.
            onClick={() => openAround(`#${id}`)}
          >
            {name}
          </a>
        ))}
      </div>
      <ThemeToggle />
    </nav>
  );
}

/** Below the bar, from the top of the window: what lies there is being read. Pixels. */
const readingLine = 120;

function useScrollSpy(sections: readonly Section[]): string | undefined {
  const [at, setAt] = useState<string>();
  useEffect(() => {
    let asked = false;
    const look = (): void => {
      asked = false;
      const elements = sections.flatMap(({ id }) => document.getElementById(id) ?? []);
      const end = innerHeight + scrollY >= document.documentElement.scrollHeight - 2;
      const begun = elements.filter((one) => one.getBoundingClientRect().top <= readingLine);
      setAt((end && scrollY > 0 ? lastInSight(elements) : begun.at(-1))?.id);
    };
    const ask = (): void => {
      if (asked) return;
      asked = true;
      requestAnimationFrame(look);
    };
    look();
    window.addEventListener('scroll', ask, { passive: true });
    window.addEventListener('resize', ask);
    return () => {
      window.removeEventListener('scroll', ask);
      window.removeEventListener('resize', ask);
    };
  }, [sections]);
  return at;
}

/** At the end of the page nothing comes up to the reading line any more: it is the one that was asked for, else the last. */
function lastInSight(elements: readonly HTMLElement[]): HTMLElement | undefined {
  const asked = elements.find(({ id }) => `#${id}` === location.hash);
  const { top = -1 } = asked?.getBoundingClientRect() ?? {};
  return top >= 0 && top < innerHeight ? asked : elements.at(-1);
}

/** Opens whatever a place is folded in, and goes there. */
function openAround(hash: string): void {
  if (hash.length < 2) return;
  const target = document.getElementById(decodeURIComponent(hash.slice(1)));
  if (target === null) return;
  const inside = target.querySelector<HTMLDetailsElement>(':scope > details');
  if (inside !== null) inside.open = true;
  for (let one = target.closest('details'); one !== null; ) {
    one.open = true;
    one = one.parentElement?.closest('details') ?? null;
  }
  target.scrollIntoView();
}
