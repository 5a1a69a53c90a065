#!/usr/bin/env node
// `npx lab`: installs node packages and builds when needed, then is the lab.
import { runLab } from './setup/jobs.mjs';

await runLab(process.argv.slice(2), { toolchain: false });
