// `streamer replay`: serves files of messages until SIGINT or SIGTERM.

import { helpOrVersion, parseFlags } from '../shared/args.js';
import { EXIT_OK, EXIT_USAGE, ExitError } from '../shared/errors.js';
import { printable } from '../shared/printable.js';
import { fileSource } from './files.js';
import { planStreams } from './plan.js';
import { type ConnectionCounts, type Pace, startFeed } from './server.js';

const PORT_DEFAULT = 8765;
const PORT_MAX = 65_535;
const TOPICS_SHOWN_MAX = 40;

const HELP = `Usage: streamer replay PATH... [--port N] [--host H] [--rate N | --speed X] [--loop]

Serves files of messages, one a line, as a WebSocket feed that speaks Bybit v5's subscribe, unsubscribe and
ping. Each client is sent the lines of its topics, byte for byte, from the beginning of the files.

PATH is a file, or a folder of files as this program writes them (NAME_START.jsonl). Files so named follow one
another in the order of their hours, and several names are merged by the messages' times; other files follow one
another as given. A .gz is unpacked. A file whose lines have no "topic" goes whole to every client that subscribes.

  --port N    the port to listen on; 0: any free one (default: ${PORT_DEFAULT})
  --host H    the address to listen on (default: 127.0.0.1)
  --speed X   paced by the messages' own "ts", X times as fast (default: 1); a line without one follows at once
  --rate N    N messages a second to each client instead, whatever their times
  --loop      start over at the end, instead of closing the connection
  --help      this text
  --version

Prints "Listening on ws://HOST:PORT" when it is ready, then the topics that it found at the beginning of the
files; on stderr a line for each client that has gone.
Exit status: 0 stopped by SIGINT or SIGTERM, 64 bad usage or a PATH that cannot be served, 75 the port is in use.
`;

/** @throws ExitError when it cannot start. */
export async function runReplay(argv: readonly string[]): Promise<number> {
  const { flags, positionals } = parseFlags(argv, {
    port: 'value',
    host: 'value',
    rate: 'value',
    speed: 'value',
    loop: 'none',
    help: 'none',
    version: 'none',
  });
  const asked = helpOrVersion(flags, HELP);
  if (asked !== null) {
    process.stdout.write(asked);
    return EXIT_OK;
  }
  const mistakes: string[] = [];
  if (positionals.length === 0) {
    mistakes.push('Nothing to replay: name a file of messages or an output folder.');
  }
  const port = flags.port === undefined ? PORT_DEFAULT : readPort(flags.port, mistakes);
  const pace = readPace(flags, mistakes);
  if (mistakes.length > 0) throw new ExitError(EXIT_USAGE, mistakes);

  const { streams, topics } = await planStreams(positionals);
  for (const { path } of streams.flat().filter((file) => file.is_without_topics)) {
    process.stderr.write(`${path} has no topics: every client gets all of it.\n`);
  }
  const stopped = stopSignal();
  const feed = await startFeed({
    source: fileSource(streams),
    pace,
    loop: flags.loop !== undefined,
    host: flags.host ?? '127.0.0.1',
    port,
    on_end: (connection) => process.stderr.write(`${describe(connection)}\n`),
    on_problem: (sentence) => process.stderr.write(`${printable(sentence)}\n`),
  });
  process.stdout.write(`Listening on ${feed.url}\n${topics.length === 0 ? '' : describeTopics(topics)}`);
  await stopped;
  await feed.close();
  return EXIT_OK;
}

function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    // A second one does not make the end less graceful: npm passes on what the terminal has sent as well.
    process.on('SIGINT', () => resolve());
    process.on('SIGTERM', () => resolve());
  });
}

function readPort(text: string, mistakes: string[]): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= PORT_MAX)) mistakes.push(`--port is a whole number from 0 to ${PORT_MAX}, not "${text}".`);
  return port;
}

function readPace(flags: { rate?: string; speed?: string }, mistakes: string[]): Pace {
  if (flags.rate !== undefined && flags.speed !== undefined) {
    mistakes.push('--rate and --speed exclude each other: give one of them.');
  }
  if (flags.rate !== undefined) return { kind: 'rate', per_s: readPositive('rate', flags.rate, mistakes) };
  const factor = flags.speed === undefined ? 1 : readPositive('speed', flags.speed, mistakes);
  return { kind: 'speed', factor };
}

function readPositive(flag: string, text: string, mistakes: string[]): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(value > 0)) mistakes.push(`--${flag} is a number above 0, not "${text}".`);
  return value;
}

function describeTopics(topics: readonly string[]): string {
  const shown = topics.slice(0, TOPICS_SHOWN_MAX).map((topic) => `  ${printable(topic)}\n`);
  const more = topics.length - shown.length;
  return `Topics:\n${shown.join('')}${more > 0 ? `  and ${more} more\n` : ''}`;
}

function describe({ number, messages, topics, skipped }: ConnectionCounts): string {
  const passed = skipped === 0 ? '' : `, ${skipped} lines without a topic passed over`;
  return `Client ${number + 1} has gone: ${messages} messages sent, ${topics.length} topics subscribed${passed}.`;
}
