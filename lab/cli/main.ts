import { Command, CommanderError } from 'commander';
import { LabError, toLabError } from '../errors.js';
import { loadCommands } from './commands/index.js';
import { errorText, openOutput } from './context.js';

/**
 * Runs one command line to its end and returns the exit code. Errors are printed, with `--json` as a
 * document `{ error: { code, message, hint }, exitCode, evidence? }`; nothing is thrown.
 */
export async function main(argv: readonly string[], signal: AbortSignal): Promise<number> {
  let exitCode = 0;
  const program = new Command('lab')
    .description('Makes a Go service hang on purpose, catches it in a core file, and proves why it hung.')
    .showHelpAfterError('(see: npx lab --help)')
    .exitOverride();
  for (const { define, act } of await loadCommands(argv[0])) {
    const command = define(program);
    command
      .option('--json', 'print one JSON document on stdout, everything else on stderr')
      .option('--quiet', 'print nothing while working')
      .exitOverride()
      .action(async () => {
        exitCode = await act({
          args: command.processedArgs,
          options: command.opts(),
          output: openOutput(command.opts()),
          signal,
        });
      });
  }
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (thrown) {
    const misused = thrown instanceof CommanderError;
    if (misused && thrown.exitCode === 0) return 0; // --help
    const error = misused ? usageError(thrown) : toLabError(thrown);
    const evidence = error.details['evidence'];
    const where = typeof evidence === 'string' ? evidence : undefined;
    openOutput({ json: argv.includes('--json') }).document({
      error: { code: error.code, message: error.message, hint: error.hint },
      exitCode: error.exitCode,
      ...(where === undefined ? {} : { evidence: where }),
    });
    if (misused) return error.exitCode; // commander has said it already
    process.stderr.write(`${errorText(error, where)}\n`);
    if (error.code === 'internal' && process.env['LAB_DEBUG']) console.error(error);
    return error.exitCode;
  }
}

function usageError({ message }: CommanderError): LabError {
  return new LabError(message.replace(/^error: /, ''), { code: 'usage', hint: 'see: npx lab --help' });
}
