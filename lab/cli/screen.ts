import { createColors } from 'picocolors';
import supportsHyperlinks from 'supports-hyperlinks';
import type { ScreenOptions } from '../report/screen/options.js';
import { textWidth } from '../report/wrap.js';
import type { Output } from './context.js';

const narrowest = 40;
const widest = 200;

/** How stdout takes a screen: its colours, its width, and whether it knows links. */
export function terminalOf(output: Output): Pick<ScreenOptions, 'palette' | 'columns' | 'links'> {
  const { isTTY, columns } = process.stdout;
  const wide = isTTY === true && columns > 0 ? columns : textWidth;
  return {
    palette: createColors(output.colour),
    columns: Math.max(narrowest, Math.min(wide, widest)),
    links: output.colour && supportsHyperlinks.stdout,
  };
}
