// The exit statuses of the contract and the one error class that carries them: a mistake of the user's or of
// the machine's, told in plain sentences. Anything else that is thrown is a mistake in the program.

export const EXIT_OK = 0;
export const EXIT_NOT_ALL_LIVE = 1;
export const EXIT_NO_INSTANCE = 2;
/** Bad usage of the command line. */
export const EXIT_USAGE = 64;
/** The output folder or the log file cannot be made or written. */
export const EXIT_CANNOT_CREATE = 73;
/** A live instance holds the status socket or the output folder. */
export const EXIT_BUSY = 75;
/** Bad configuration. */
export const EXIT_CONFIG = 78;

/** Ends the program with `exit_code` after one line on stderr for each of `sentences`. */
export class ExitError extends Error {
  override readonly name = 'ExitError';
  constructor(
    readonly exit_code: number,
    readonly sentences: readonly string[],
  ) {
    super(sentences.join('\n'));
  }
}

/** The system's code of an error (`ENOSPC`, `ECONNREFUSED`, …), or an empty string. */
export function errorCode(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}

/** An error's message, whatever was thrown. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
