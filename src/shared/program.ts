// Runs a program's main function and turns whatever comes of it into an exit status: a mistake of the user's
// into its sentences on stderr, anything unexpected into one sentence and status 70. No stack trace is shown.

import { EXIT_CANNOT_CREATE, ExitError, errorCode, errorMessage } from './errors.js';
import { printable } from './printable.js';

/** A mistake in the program. */
const EXIT_SOFTWARE = 70;
/** What a shell shows for a program that SIGPIPE ended. */
const EXIT_BROKEN_PIPE = 141;
/** A handle that was left open does not keep a finished program alive for longer. */
const LINGER_MS_MAX = 2_000;

/**
 * Runs `main` with the arguments behind the script and sets the exit status that it resolves to. Resolves when
 * `main` is done; the process then ends by itself, or is ended after 2 s. When stdout cannot be written any
 * more the program ends at once, unless `main` listens to stdout's errors itself.
 */
export async function runProgram(
  name: string,
  main: (argv: readonly string[]) => Promise<number>,
): Promise<void> {
  process.stdout.on('error', (error) => {
    if (process.stdout.listenerCount('error') === 1) process.exit(reportOutput(name, error));
  });
  // There is nowhere left to say it.
  process.stderr.on('error', () => {});
  process.on('uncaughtException', (error) => process.exit(report(name, error)));
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    process.exitCode = report(name, error);
  }
  setTimeout(() => process.exit(), LINGER_MS_MAX).unref();
}

/** A closed pipe (`| head`) needs no words. */
function reportOutput(name: string, error: Error): number {
  if (errorCode(error) === 'EPIPE') return EXIT_BROKEN_PIPE;
  return report(
    name,
    new ExitError(EXIT_CANNOT_CREATE, [`stdout cannot be written: ${errorMessage(error)}.`]),
  );
}

/** Prints what went wrong and returns the exit status for it. */
function report(name: string, error: unknown): number {
  if (error instanceof ExitError) {
    for (const sentence of error.sentences) process.stderr.write(`${name}: ${printable(sentence)}\n`);
    return error.exit_code;
  }
  if ((error as { syscall?: unknown } | null)?.syscall === 'uv_cwd') {
    const sentence = 'The folder that this was started in is gone: change to another one.';
    return report(name, new ExitError(EXIT_CANNOT_CREATE, [sentence]));
  }
  const where = error instanceof Error ? /\(?([^\s(]+:\d+:\d+)\)?$/m.exec(error.stack ?? '')?.[1] : undefined;
  const place = where === undefined ? '' : `, at ${where}`;
  const message = printable(errorMessage(error).replace(/\s+/g, ' '));
  process.stderr.write(`${name}: Ended by a mistake in the program: ${message}${place}.\n`);
  return EXIT_SOFTWARE;
}
