import { main } from '../lab/cli/main.js';
import { abortOnSignals } from '../lab/cli/signals.js';
import { watchStreams } from '../lab/cli/streams.js';

watchStreams();
process.exitCode = await main(process.argv.slice(2), abortOnSignals());
