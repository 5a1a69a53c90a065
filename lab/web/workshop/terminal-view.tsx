import { FitAddon } from '@xterm/addon-fit';
import { type ITheme, Terminal } from '@xterm/xterm';
import '@xterm/xterm/css/xterm.css';
import { useEffect, useRef } from 'preact/hooks';
import { themeChanged } from '../report/theme.js';

/** What the lab tells of a terminal. */
type Told =
  | { readonly type: 'data'; readonly data: string }
  | { readonly type: 'ended' }
  | { readonly type: 'none'; readonly why: string };

interface ViewProps {
  readonly lesson: string;
  readonly number: number;
  readonly shown: boolean;
  /** Lines that are to be typed, in order; those that were are told by their number. */
  readonly lines: readonly string[];
  readonly typed: (count: number) => void;
}

/** The policy of the page wants a mark on style sheets; the terminal makes some of its own. */
function markStyles(): void {
  const { nonce } = document.querySelector('link[nonce]') as HTMLLinkElement;
  const create = document.createElement.bind(document);
  document.createElement = ((name: string, options?: ElementCreationOptions) => {
    const made = create(name, options);
    if (made instanceof HTMLStyleElement) made.nonce = nonce;
    return made;
  }) as typeof document.createElement;
}
let marked = false;

/** One terminal, for as long as its tab is there. */
export function TerminalView({ lesson, number, shown, lines, typed }: ViewProps) {
  const box = useRef<HTMLDivElement>(null);
  const opened = useRef<Opened>();
  const wasThere = useRef(false);
  useEffect(() => {
    if (box.current === null) return;
    opened.current = openIn(box.current, lesson, number);
    return () => opened.current?.close();
  }, []);
  useEffect(() => {
    // Whoever opens the page begins at its top, and not in a shell.
    if (shown && wasThere.current) opened.current?.show();
    wasThere.current = true;
  }, [shown]);
  useEffect(() => {
    if (lines.length === 0) return;
    for (const line of lines) opened.current?.type(`${line}\r`);
    typed(lines.length);
  }, [lines.length]);
  return <div class="screen" ref={box} hidden={!shown} />;
}

interface Opened {
  show(): void;
  type(text: string): void;
  close(): void;
}

// biome-ignore lint/complexity/noExcessiveLinesPerFunction: the functions in it share one terminal and its connection
function openIn(box: HTMLDivElement, lesson: string, number: number): Opened {
  if (!marked) markStyles();
  marked = true;
  const terminal = new Terminal({
    ...{ fontSize: 13, fontFamily: 'ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace' },
    ...{ cursorBlink: false, scrollback: 5_000, screenReaderMode: true, minimumContrastRatio: 4.5 },
    theme: themeOf(box),
  });
  const fitting = new FitAddon();
  terminal.loadAddon(fitting);
  terminal.open(box);
  fitting.fit();
  // Tab belongs to the shell; who works without a mouse has to get out all the same.
  terminal.attachCustomKeyEventHandler(({ type, key }) => {
    if (key !== 'F6') return true;
    if (type === 'keydown') document.getElementById('step')?.focus();
    return false;
  });
  const early: string[] = [];
  let greeted = false;
  let socket: WebSocket | undefined;
  const say = (what: object): void => {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(what));
  };
  const type = (text: string): void => {
    // A shell that has not shown its prompt yet would echo it twice.
    if (greeted) say({ type: 'input', data: text });
    else early.push(text);
  };
  const connect = (): void => {
    const { cols, rows } = terminal;
    const asked = new URLSearchParams({ lesson, number: `${number}`, cols: `${cols}`, rows: `${rows}` });
    socket = new WebSocket(`ws://${location.host}/api/terminal?${asked}`);
    socket.onopen = () => terminal.reset();
    socket.onmessage = ({ data }) => {
      const told = JSON.parse(String(data)) as Told;
      greeted = told.type === 'data';
      if (told.type === 'data') terminal.write(told.data);
      else
        terminal.write(
          `\r\n[${told.type === 'none' ? told.why : 'the shell has ended; Enter begins another'}]\r\n`,
        );
      if (told.type === 'ended') socket?.close();
      if (greeted) for (const text of early.splice(0)) type(text);
    };
  };
  connect();
  terminal.onData((data) => {
    if (socket !== undefined && socket.readyState > WebSocket.OPEN) {
      if (data === '\r') connect();
    } else type(data);
  });
  const refit = (): void => {
    // A box that is not shown has no size.
    if (box.clientWidth > 0) fitting.fit();
  };
  terminal.onResize(({ cols, rows }) => say({ type: 'size', cols, rows }));
  const watch = new ResizeObserver(refit);
  watch.observe(box);
  const recolour = (): void => {
    terminal.options.theme = themeOf(box);
  };
  window.addEventListener(themeChanged, recolour);
  return {
    show() {
      refit();
      terminal.focus();
    },
    type,
    close() {
      watch.disconnect();
      window.removeEventListener(themeChanged, recolour);
      socket?.close();
      terminal.dispose();
    },
  };
}

/** light-dark() is resolved where it is used, not where it is declared. */
function themeOf(box: HTMLElement): ITheme {
  const probe = document.createElement('span');
  box.append(probe);
  const colour = (name: string): string => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const [background, foreground, dim] = [colour('sunken'), colour('ink'), colour('dim')];
  probe.remove();
  return { background, foreground, cursor: foreground, cursorAccent: background, selectionBackground: dim };
}
