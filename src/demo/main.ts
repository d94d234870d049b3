// `streamer demo`: an embedded feed, the real supervisor with its real capture processes, the live status, and at
// the end the proof that what this run sent is what this run's files hold. Leaves nothing behind but those files.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { helpOrVersion, parseFlags } from '../shared/args.js';
import { EXIT_CANNOT_CREATE, EXIT_OK, EXIT_USAGE, ExitError, errorMessage } from '../shared/errors.js';
import { nearestName } from '../shared/nearest.js';
import { processTerminal, type Terminal } from '../status-cli/terminal.js';
import { runSession } from './session.js';
import { EXCHANGE_NAMES, type Stage, stageOf } from './stage.js';

const OUTPUT_DIR_DEFAULT = 'output/demo';
/** Leaves room for the rest of the socket's path, which may be 107 bytes long. */
const TMPDIR_BYTES_MAX = 75;

/** Wrapped as the text around them. */
const EXCHANGE_LINES = [EXCHANGE_NAMES.slice(0, 8), EXCHANGE_NAMES.slice(8)]
  .map((names) => names.join(', '))
  .join(',\n                    ');

const HELP = `Usage: streamer demo [--exchange NAME] [--seconds N] [--output-dir DIR]

Starts a feed of made-up trades, order books and tickers on this machine, captures it with the real streamer,
and shows the live status. At the end it compares what the files hold with what the feed sent.

  --exchange NAME   the feed speaks as this exchange does, and all topics share a process and, where the exchange's
                    messages tell them apart, a connection; messages of no topic are in the files named _control
                    (default: Bybit, one process a topic). NAME is one of
                    ${EXCHANGE_LINES}
  --seconds N       ends by itself after so many seconds (default: on Ctrl-C)
  --output-dir DIR  where the files go (default: ${OUTPUT_DIR_DEFAULT}); the log goes beside it, to DIR.log
  --help            this text
  --version

Exit status: 0 all that was sent is in the files, 1 something is not, 73 a folder cannot be made or written,
75 another demo is writing to the same folder.
`;

/**
 * Runs the command and resolves to its exit status.
 * @throws ExitError 64 for a wrong flag, 73 when a folder cannot be made.
 */
export async function runDemo(
  argv: readonly string[],
  terminal: Terminal = processTerminal(),
): Promise<number> {
  const { flags, positionals } = parseFlags(argv, {
    exchange: 'value',
    seconds: 'value',
    'output-dir': 'value',
    help: 'none',
    version: 'none',
  });
  const asked = helpOrVersion(flags, HELP);
  if (asked !== null) {
    await terminal.write(asked);
    return EXIT_OK;
  }
  const mistakes: string[] = [];
  if (positionals.length > 0) {
    mistakes.push(`streamer demo takes flags only: what is ${JSON.stringify(positionals[0])}? See --help.`);
  }
  const seconds = readSeconds(flags.seconds, mistakes);
  const stage = readExchange(flags.exchange, mistakes);
  if (mistakes.length > 0) throw new ExitError(EXIT_USAGE, mistakes);

  const output_dir = resolve(terminal.cwd, flags['output-dir'] ?? OUTPUT_DIR_DEFAULT);
  const log_file = `${output_dir}.log`;
  // Before there is anything that a signal could leave behind.
  const stopped = terminal.stopSignal();
  orCannotCreate(output_dir, () => mkdirSync(output_dir, { recursive: true }));
  const folder = orCannotCreate(tmpdir(), () => mkdtempSync(join(shortTmpdir(), 'streamer-demo-')));
  const clear = () => rmSync(folder, { recursive: true, force: true });
  // For an end that nobody foresaw.
  process.once('exit', clear);
  try {
    return await runSession({ stage, folder, output_dir, log_file, seconds, stopped }, terminal);
  } finally {
    process.off('exit', clear);
    clear();
  }
}

function orCannotCreate<T>(path: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw new ExitError(EXIT_CANNOT_CREATE, [`Nothing can be created in ${path}: ${errorMessage(error)}.`]);
  }
}

function shortTmpdir(): string {
  const folder = tmpdir();
  return Buffer.byteLength(folder) <= TMPDIR_BYTES_MAX ? folder : '/tmp';
}

function readSeconds(text: string | undefined, mistakes: string[]): number | null {
  if (text === undefined) return null;
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(seconds > 0)) mistakes.push(`--seconds is a number above 0, not ${JSON.stringify(text)}.`);
  return seconds;
}

function readExchange(name: string | undefined, mistakes: string[]): Stage {
  if (name !== undefined && !EXCHANGE_NAMES.includes(name)) {
    const nearest = nearestName(name, EXCHANGE_NAMES);
    const hint =
      nearest === null ? `Those known are ${EXCHANGE_NAMES.join(', ')}.` : `Did you mean ${nearest}?`;
    mistakes.push(`--exchange ${JSON.stringify(name)} is not known. ${hint}`);
  }
  return stageOf(name ?? null);
}
