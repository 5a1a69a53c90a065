import { render } from 'preact';
import { ThemeToggle } from './theme.js';
import './style/base.css';
import './style/document.css';

/** A page of which all that there is to read stands in the file itself: it gets the choice between light and dark. */
export function openDocument(): void {
  const place = document.getElementById('theme');
  if (place !== null) render(<ThemeToggle />, place);
  requestAnimationFrame(() => {
    document.documentElement.dataset['ready'] = 'true';
  });
}
