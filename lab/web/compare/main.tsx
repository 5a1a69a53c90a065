import { openDocument } from '../report/document.js';
import './compare.css';

openDocument();
