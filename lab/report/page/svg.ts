import type { Diagnosis } from '../../analysis/model/diagnosis.js';
import { allPrintable } from '../../printable.js';
import type { SourceMap } from '../../source/source-map.js';
import type { GraphPicture } from '../page-data.js';
import { drawGraph } from './graph.js';
import { picturesSvg } from './picture-svg.js';

/** Findings that are drawn below each other. */
const mostPictures = 5;

/**
 * The wait-for graph of each finding as one SVG file, without any other file; `undefined` when there is none. `sources`
 * tells where the lines of code lie that stand in its nodes.
 */
export async function diagnosisSvg(given: Diagnosis, sources?: SourceMap): Promise<string | undefined> {
  const diagnosis = allPrintable(given);
  const drawn: GraphPicture[] = [];
  for (const finding of diagnosis.findings.slice(0, mostPictures)) {
    const picture = await drawGraph(finding, diagnosis, sources);
    if (picture !== undefined) drawn.push(picture);
  }
  return drawn.length === 0 ? undefined : picturesSvg(drawn);
}
