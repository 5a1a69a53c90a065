/**
 * One function per stage. Each takes what the stage before it left in the run's folder or handed over, saves what
 * it found before it returns, and tells of its beginning and end.
 */
export { bundleOf, capture } from './capture.js';
export { build, connect, delveThereOf, provision } from './prepare.js';
export { quit, reattach, start, stop, stopServerOf, symptoms } from './serve.js';
export {
  folderOn,
  inStage,
  leaveFolder,
  loadFactsOf,
  plannedIn,
  type StageContext,
  savedStage,
  type Tools,
} from './stage.js';
