export { type DelveOptions, type DelveTool, ensureDelve, findDelve } from './delve.js';
export { type DoctorRow, doctorExitCode, examine } from './doctor.js';
export { findGo, type GoTool, goEnvironment, requireGo } from './go.js';
export { findGdb, findOptional, findWrk, type Tool } from './locate.js';
export {
  aptInstall,
  hasPackageManager,
  installCommand,
  type PackageAccess,
  packageAccess,
} from './packages.js';
export { type PrepareOptions, prepareToolchain, requireGdb, type Toolchain } from './prepare.js';
