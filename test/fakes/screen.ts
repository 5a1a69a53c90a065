import { createColors } from 'picocolors';
import type { ScreenOptions } from '../../lab/report/screen/options.js';

/** A screen of 80 columns without colours, links and sources. */
export const plainScreen: ScreenOptions = {
  palette: createColors(false),
  columns: 80,
  sources: undefined,
  links: false,
  again: 'npx lab analyze --exe ./server --core ./core.1',
};
