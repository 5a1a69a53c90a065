import { main } from '../lab/cli/main.js';
import { abortOnSignals } from '../lab/cli/signals.js';

process.exitCode = await main(process.argv.slice(2), abortOnSignals());
