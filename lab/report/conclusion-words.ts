import type { Conclusion } from '../store/run-record.js';

/** What a run's conclusion is called where people read it. */
export const conclusionWords: Readonly<Record<Conclusion['verdict'], string>> = {
  confirmed: 'as expected',
  refuted: 'different',
  unknown: 'inconclusive',
};
