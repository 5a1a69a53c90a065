export { parseSshTarget } from './address.js';
export { sshTarget } from './target.js';
