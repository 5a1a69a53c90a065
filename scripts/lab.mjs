#!/usr/bin/env node
// The lab, as an installed package or in a checkout, where packages are installed and the build is made first when needed.
import { existsSync } from 'node:fs';

const isCheckout = existsSync(new URL('../tsconfig.json', import.meta.url));
if (isCheckout) {
  const { runLab } = await import('./setup/jobs.mjs');
  await runLab(process.argv.slice(2), { toolchain: false });
} else await import('../dist/scripts/lab.js');
