export { type DelveTool, ensureDelve, findDelve } from './delve.js';
export { doctorExitCode, examine } from './doctor.js';
export { findGo, type GoTool, goEnvironment, requireGo } from './go.js';
export { findGdb } from './locate.js';
export { requireGdb } from './prepare.js';
export { requireNeed } from './server-needs.js';
