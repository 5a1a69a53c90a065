import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readExecutable } from '../../core/elf.js';
import { messageOf } from '../../errors.js';
import { exeName } from '../core-here.js';
import { met, notYet } from '../place.js';
import { check, word } from '../word.js';

/** `executable`: a Go program with debug info was built in the working folder. */
export const executable = word('executable', z.strictObject({}), () =>
  check({
    lane: 'work',
    async look({ folder, signal }) {
      try {
        const { isGo, hasDebugInfo, goVersion } = await readExecutable(join(folder, exeName), signal);
        if (!isGo) return notYet(`${exeName} is there, but it is no Go program`);
        if (!hasDebugInfo) return notYet(`${exeName} has no debug info: it was built with -ldflags=-s or -w`);
        return met(`${exeName} is a Go program with debug info, built by ${goVersion ?? 'Go'}`);
      } catch (error) {
        signal.throwIfAborted();
        return notYet(messageOf(error));
      }
    },
    reset: ({ folder }) => rm(join(folder, exeName), { force: true }),
  }),
);
