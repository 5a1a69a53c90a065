import { render } from 'preact';
import type { PageData } from '../../report/page-data.js';
import { App } from './app.js';
import './style/base.css';
import './style/parts.css';
import './style/first.css';
import './style/graph.css';
import './style/timeline.css';
import './style/explorer.css';
import './style/print.css';

// When somebody can begin to read and to type everywhere; effects that draw come after.
const ready = () =>
  requestAnimationFrame(() => {
    performance.mark('ready');
    document.documentElement.dataset['ready'] = 'true';
  });
const text = document.getElementById('data')?.textContent ?? '';
const page = document.getElementById('page');
if (page !== null) render(<App data={JSON.parse(text) as PageData} onReady={ready} />, page);
