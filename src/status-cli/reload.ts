// `streamer reload`: has the running supervisor read its configuration again, waits until that is done, and says what
// came of it. The supervisor is told by SIGHUP, and tells in its status document.

import { setTimeout as delay } from 'node:timers/promises';
import { helpOrVersion, parseFlags } from '../shared/args.js';
import {
  EXIT_CONFIG,
  EXIT_NO_INSTANCE,
  EXIT_OK,
  EXIT_USAGE,
  ExitError,
  errorMessage,
} from '../shared/errors.js';
import type { Reloaded } from '../shared/status.js';
import { askStatus } from './ask.js';
import { configuredSocket } from './run.js';
import { processTerminal, type Terminal } from './terminal.js';

const LOOK_MS = 100;
/** Captures that change may take 8 s to stop. */
const RELOADED_MS_MAX = 30_000;

const HELP = `Usage: streamer reload [--config FILE | --socket PATH]

Has the running streamer read its configuration again. Topics that were added are started, those that were removed are
stopped, those that changed are restarted; all others miss nothing. A configuration with a mistake changes nothing.
SIGHUP to the streamer's process does the same.

  --config FILE  the configuration that the streamer runs with (default: config.json), for its status_socket
  --socket PATH  the status socket itself
  --help, --version

Exit status: 0 reloaded, 2 no streamer answers, 78 the configuration has a mistake and nothing changed.
`;

/**
 * Runs the command; `signal` is `process.kill`. Resolves to the exit status.
 * @throws ExitError 2, 64 or 78, with sentences.
 */
export async function runReload(
  argv: readonly string[],
  signal: (pid: number, name: NodeJS.Signals) => void,
  terminal: Terminal = processTerminal(),
): Promise<number> {
  const { flags, positionals } = parseFlags(argv, {
    config: 'value',
    socket: 'value',
    help: 'none',
    version: 'none',
  });
  const asked = helpOrVersion(flags, HELP);
  if (asked !== null) {
    await terminal.write(asked);
    return EXIT_OK;
  }
  if (positionals.length > 0) {
    const sentence = `reload takes flags only: what is ${JSON.stringify(positionals[0])}? See --help.`;
    throw new ExitError(EXIT_USAGE, [sentence]);
  }
  const socket_path = flags.socket ?? (await configuredSocket(flags.config ?? null, terminal)).socket_path;
  const { pid, reloaded } = await ask(socket_path);
  try {
    signal(pid, 'SIGHUP');
  } catch (error) {
    throw new ExitError(EXIT_NO_INSTANCE, [
      `Process ${pid} cannot be told to reload: ${errorMessage(error)}. Do it as its user.`,
    ]);
  }
  const result = await resultAfter(reloaded, socket_path);
  if (!result.ok) throw new ExitError(EXIT_CONFIG, [result.message]);
  await terminal.write(`${result.message}\n`);
  return EXIT_OK;
}

async function ask(socket_path: string): Promise<{ pid: number; reloaded: Reloaded | null }> {
  const answer = await askStatus(socket_path);
  if (!answer.ok) throw new ExitError(EXIT_NO_INSTANCE, [answer.sentence]);
  return answer.document;
}

async function resultAfter(before: Reloaded | null, socket_path: string): Promise<Reloaded> {
  const deadline = performance.now() + RELOADED_MS_MAX;
  while (performance.now() < deadline) {
    const { reloaded } = await ask(socket_path);
    if (reloaded !== null && reloaded.at_ms !== before?.at_ms) return reloaded;
    await delay(LOOK_MS);
  }
  throw new ExitError(EXIT_NO_INSTANCE, [
    `The streamer did not reload within ${RELOADED_MS_MAX / 1000} s: look at its log.`,
  ]);
}
