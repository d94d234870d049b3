// `streamer-status`, and `streamer --status`: asks the running supervisor and prints its answer.

import { helpOrVersion, parseFlags } from '../shared/args.js';
import { EXIT_NO_INSTANCE, EXIT_OK, EXIT_USAGE, ExitError } from '../shared/errors.js';
import { askStatus, exitStatusOf } from './ask.js';
import { drawStatus } from './draw.js';
import { isSortName, type Order, SORT_NAMES, WORST_FIRST } from './order.js';
import { jsonLine, paperOf, processTerminal, type Terminal } from './terminal.js';
import { watchStatus } from './watch.js';

const WATCH_S_MIN = 0.1;
const WATCH_S_MAX = 86_400;

const HELP = `Usage: streamer-status [--config FILE | --socket PATH] [--watch [SECONDS]] [--sort KEY] [--filter TEXT]
       streamer-status [--config FILE | --socket PATH] [--watch [SECONDS]] --json

Asks the running streamer how it is and prints a line for each topic, the worst first.

  --config FILE      the configuration that the streamer runs with (default: config.json), for its status_socket
  --socket PATH      the status socket itself; no configuration is read
  --json             print the status document as the streamer sends it, for scripts; with --watch one on each line
  --watch [SECONDS]  ask again every second, or so many seconds, and redraw in place, until q or Ctrl-C
  --sort KEY         ${SORT_NAMES.join(', ')}: what stands first
  --filter TEXT      only topics with TEXT in their names, in capitals or not; the first lines and the exit status are
                     of all topics
  --help, --version

Keys while watching in a terminal: w n r l g b sort (the same again: the other way round), / filters, arrows, PgUp,
PgDn, Home and End scroll, ? tells them, q quits. TREND, where the terminal takes UTF-8, shows how each rate went in
the last 20 looks, at least 3 s apart.

Exit status: 0 all topics are live, 1 at least one is not, 2 no streamer answers.
`;

/**
 * Runs the command with `argv` (without node and the script) and resolves to its exit status.
 * @throws ExitError 64 for a wrong flag, 78 for a wrong configuration, 73 when stdout cannot be written.
 */
export async function runStatus(
  argv: readonly string[],
  terminal: Terminal = processTerminal(),
): Promise<number> {
  const { flags, positionals } = parseFlags(argv, {
    config: 'value',
    socket: 'value',
    json: 'none',
    watch: 'optional',
    sort: 'value',
    filter: 'value',
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
    mistakes.push(`streamer-status takes flags only: what is ${JSON.stringify(positionals[0])}? See --help.`);
  }
  if (flags.config !== undefined && flags.socket !== undefined) {
    mistakes.push('--config and --socket both say where to ask: give one of them.');
  }
  if (flags.json !== undefined && (flags.sort ?? flags.filter) !== undefined) {
    mistakes.push('--json prints the document as it came: leave out --sort and --filter.');
  }
  const order = { ...WORST_FIRST, ...sortFlag(flags.sort, mistakes), filter: flags.filter ?? '' };
  const interval_ms = watchInterval(flags.watch, mistakes);
  if (mistakes.length > 0) throw new ExitError(EXIT_USAGE, mistakes);

  const { socket_path, notes } =
    flags.socket === undefined
      ? await configuredSocket(flags.config ?? null, terminal)
      : { socket_path: flags.socket, notes: [] };
  const json = flags.json !== undefined;
  if (interval_ms !== null) return watchStatus({ socket_path, interval_ms, json, order }, terminal);

  const answer = await askStatus(socket_path);
  // A note may tell why: the command was given in another folder than that of the configuration.
  if (!answer.ok) throw new ExitError(EXIT_NO_INSTANCE, [answer.sentence, ...notes]);
  // What does not fit the window is scrolled to: here every topic is shown.
  const paper = { ...paperOf(terminal), rows: null };
  const text = () => `${drawStatus(answer.document, Date.now(), paper, { order }).join('\n')}\n`;
  await terminal.write(json ? jsonLine(answer.raw) : text());
  return exitStatusOf(answer);
}

function sortFlag(flag: string | undefined, mistakes: string[]): Partial<Order> {
  if (flag === undefined) return {};
  if (isSortName(flag)) return { sort: flag };
  mistakes.push(`--sort takes one of ${SORT_NAMES.join(', ')}, not ${JSON.stringify(flag)}.`);
  return {};
}

/** Milliseconds between two rounds; null without `--watch`. */
function watchInterval(flag: string | undefined, mistakes: string[]): number | null {
  if (flag === undefined) return null;
  const seconds = flag === '' ? 1 : Number(flag);
  if (seconds >= WATCH_S_MIN && seconds <= WATCH_S_MAX) return seconds * 1000;
  mistakes.push(
    `--watch takes the seconds between two looks, from ${WATCH_S_MIN} to ${WATCH_S_MAX}, not ${JSON.stringify(flag)}.`,
  );
  return null;
}

/** The configuration is loaded only where it is needed: its library takes longer than the question. */
export async function configuredSocket(
  config_path: string | null,
  { env, cwd }: Terminal,
): Promise<{ socket_path: string; notes: readonly string[] }> {
  const { loadSettings } = await import('../shared/config/load.js');
  const { settings, notes } = loadSettings({ config_path, env, cwd });
  return { socket_path: settings.status_socket, notes: notes.map((note) => `${note}.`) };
}
