import { type Command, CommanderError } from 'commander';
import { LabError, outOfTime, toLabError, withAdvice } from '../errors.js';
import { inOwnWords } from '../own-command.js';
import type { LabCommand } from './command.js';
import { errorText, hasColour, type OpenOutput, openOutput } from './context.js';
import { openProgram } from './program.js';
import { requireTemporaryFolder } from './temporary-folder.js';

/**
 * Runs one command line to its end and returns the exit code. Errors are printed, with `--json` as a
 * document `{ error: { code, message, hint }, exitCode, evidence? }`; nothing is thrown.
 */
export async function main(argv: readonly string[], signal: AbortSignal): Promise<number> {
  const [first, ...rest] = argv;
  if (first === '__complete') return await (await import('./completion/answer.js')).answer(rest);
  if (first === '--version' || first === '-V') return await sayVersion(rest);
  const args = first === 'help' ? [...rest.slice(0, 1), '--help'] : [...argv];
  const name = args[0];
  let exitCode = 0;
  let output: OpenOutput | undefined;
  const run = async (command: Command, act: LabCommand['act']): Promise<void> => {
    output = openOutput(command.opts());
    requireTemporaryFolder(command.name());
    exitCode = await act({
      args: command.processedArgs,
      options: command.opts(),
      output,
      signal,
    });
  };
  const helpOnly = args.some((word) => word === '--help' || word === '-h');
  const program = await openProgram(name, helpOnly ? undefined : run);
  for (const command of [program, ...program.commands]) {
    command.configureOutput({
      outputError() {}, // said below, as every other error
      writeOut: (text) => process.stdout.write(inOwnWords(text)),
      getOutHasColors: () => hasColour(process.stdout),
      getErrHasColors: () => hasColour(process.stderr),
    });
  }
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (thrown) {
    const misused = thrown instanceof CommanderError;
    if (misused && thrown.exitCode === 0) return 0; // --help
    const known = program.commands.some((command) => command.name() === name);
    const broke = misused ? usageError(thrown, known ? name : undefined) : toLabError(thrown);
    const error = withAdvice(signal.aborted ? broke : outOfTime(broke));
    const evidence = error.details['evidence'];
    const where = typeof evidence === 'string' ? evidence : undefined;
    // What was found is not taken back by what failed later: stderr and the exit code tell of that.
    const keepStdout = output?.documented === true || error.details['keepStdout'] === true;
    const asJson = argv.includes('--json') && !keepStdout;
    openOutput({ json: asJson }).document({
      error: {
        code: error.code,
        message: inOwnWords(error.message),
        hint: error.hint && inOwnWords(error.hint),
      },
      exitCode: error.exitCode,
      ...(where === undefined ? {} : { evidence: where }),
    });
    if (misused && thrown.code === 'commander.help') return error.exitCode; // the help says it all
    process.stderr.write(`${errorText(error, where)}\n`);
    if (error.code === 'internal' && process.env['LAB_DEBUG']) console.error(error);
    return error.exitCode;
  }
}

async function sayVersion(rest: readonly string[]): Promise<number> {
  const { labVersion } = await import('../store/lab-version.js');
  const version = await labVersion();
  const output = openOutput({ json: rest.includes('--json') });
  output.document({ version });
  output.print(version);
  return 0;
}

function usageError({ message }: CommanderError, name: string | undefined): LabError {
  const help = name === undefined ? '--help' : `${name} --help`;
  return new LabError(message.replace(/^error: /, ''), { code: 'usage', hint: `npx lab ${help}` });
}
