import { openDocument } from '../report/document.js';
import './fleet.css';

openDocument();
