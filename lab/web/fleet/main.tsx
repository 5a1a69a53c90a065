import { render } from 'preact';
import { ThemeToggle } from '../report/theme.js';
import '../report/style/base.css';
import './fleet.css';

// All that there is to read stands in the file itself.
const place = document.getElementById('theme');
if (place !== null) render(<ThemeToggle />, place);
requestAnimationFrame(() => {
  document.documentElement.dataset['ready'] = 'true';
});
