export { type DelveTool, ensureDelve, findDelve } from './delve.js';
export { findGo, type GoTool, goEnvironment, requireGo } from './go.js';
export { findGdb } from './locate.js';
export { requireGdb } from './prepare.js';
