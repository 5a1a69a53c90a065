import { render } from 'preact';
import type { PageView } from '../../workshop/view.js';
import { ClassPage } from './desk/class.js';
import { Workbook } from './workbook.js';
import '../report/style/base.css';
import './style/frame.css';
import './style/step.css';
import './style/ask.css';
import './style/class.css';
import './style/end.css';
import './style/terminal.css';

const text = document.getElementById('data')?.textContent ?? '';
const page = document.getElementById('page');
const view = JSON.parse(text) as PageView;
if (page !== null)
  render(view.kind === 'class' ? <ClassPage first={view} /> : <Workbook first={view} />, page);
performance.mark('ready');
document.documentElement.dataset['ready'] = 'true';
