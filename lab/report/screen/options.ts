import type { Colors } from 'picocolors/types.js';
import type { SourceMap } from '../../source/source-map.js';

/** What of picocolors is used: the caller passes a palette without colours for logs. */
export type Palette = Pick<Colors, 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'>;

export interface ScreenOptions {
  readonly palette: Palette;
  readonly columns: number;
  /** Where the sources lie that are to be quoted; `undefined` quotes none. */
  readonly sources: SourceMap;
  /** Whether places become links (OSC 8). */
  readonly links: boolean;
  /** The command that shows the same again, for its other options to be added. */
  readonly again: string;
  /** Path of the page. */
  readonly page?: string | undefined;
  /** Last lines, in place of what the process was. */
  readonly closing?: readonly string[];
  /** The service still answered: its stuck goroutines are a leak. */
  readonly answered?: boolean;
}
