import { main } from '../lab/cli/main.js';
import { abortOnSignals } from '../lab/cli/signals.js';

// `npx lab runs | head`: whoever reads has seen enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(process.exitCode ?? 0);
});
// Whoever read what is told of the progress has gone, or was killed: no reason to leave everything as it is.
process.stderr.on('error', () => undefined);
process.exitCode = await main(process.argv.slice(2), abortOnSignals());
