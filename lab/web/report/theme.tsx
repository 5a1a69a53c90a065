import { useEffect, useLayoutEffect, useState } from 'preact/hooks';

type Theme = 'auto' | 'light' | 'dark';
const next: Readonly<Record<Theme, Theme>> = { auto: 'light', light: 'dark', dark: 'auto' };
const words: Readonly<Record<Theme, string>> = { auto: 'as the system', light: 'light', dark: 'dark' };

/** Tells whatever draws on a canvas that colours are others now. */
export const themeChanged = 'lab-theme-changed';

/** Goes round: as the system, light, dark. */
export function ThemeToggle() {
  const [theme, setTheme] = useState<Theme>('auto');
  useLayoutEffect(() => {
    const { dataset } = document.documentElement;
    if (theme === 'auto') delete dataset['theme'];
    else dataset['theme'] = theme;
    window.dispatchEvent(new Event(themeChanged));
  }, [theme]);
  useEffect(() => {
    const media = ['(prefers-color-scheme: dark)', 'print'].map((query) => window.matchMedia(query));
    const tell = () => window.dispatchEvent(new Event(themeChanged));
    for (const one of media) one.addEventListener('change', tell);
    return () => {
      for (const one of media) one.removeEventListener('change', tell);
    };
  }, []);
  return (
    <button type="button" class="theme" onClick={() => setTheme(next[theme])}>
      <span aria-hidden="true">◐ </span>
      <span class="theme-words">Colours: {words[theme]}</span>
    </button>
  );
}
