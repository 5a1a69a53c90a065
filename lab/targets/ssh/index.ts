export { parseSshTarget } from './address.js';
export { type SshTargetOptions, sshTarget } from './target.js';
