// `streamer protocols`: lists the presets, for people as a table, for programs as JSON.

import { helpOrVersion, parseFlags } from '../shared/args.js';
import { EXIT_OK, EXIT_USAGE, ExitError } from '../shared/errors.js';
import type { Allowance, Preset } from '../shared/protocol.js';
import { PRESETS } from '../shared/protocols/index.js';

const HELP = `Usage: streamer protocols [--json]

Lists the protocols that "protocol" may name in the configuration, and from which hosts each is told by itself.

  NAME       the preset's name
  HOSTS      a ws_url on one of them, or on a subdomain, means this preset; any other means bybit
  TOPIC      how a topic is written: each {part} is the exchange's own word, what is in brackets may be left out
  EXAMPLE    a topic
  HEARTBEAT  what is sent every ping_interval; "answers": the server's own pings are answered
  BINARY     what binary frames hold
  LIMITS     where they are known: topics of one request (batch) and of one connection (topics), connects to the host,
             messages sent on one connection (sends) and on all of them (host sends)
  CONFIRMED  by which it was checked: recorded messages, recorded data alone, or the exchange's documentation

  --json     the presets whole, as one JSON document
  --help, --version
`;

const SEPARATOR = '  ';
const TITLES = ['NAME', 'HOSTS', 'TOPIC', 'EXAMPLE', 'HEARTBEAT', 'BINARY', 'LIMITS', 'CONFIRMED BY'];

/** @throws ExitError 64 for a wrong flag. */
export async function runProtocols(argv: readonly string[]): Promise<number> {
  const { flags, positionals } = parseFlags(argv, { json: 'none', help: 'none', version: 'none' });
  const [extra] = positionals;
  if (extra !== undefined) {
    throw new ExitError(EXIT_USAGE, [
      `protocols takes flags only: what is ${JSON.stringify(extra)}? See --help.`,
    ]);
  }
  const list = () => (flags.json === undefined ? drawPresets(PRESETS) : `${JSON.stringify(PRESETS)}\n`);
  process.stdout.write(helpOrVersion(flags, HELP) ?? list());
  return EXIT_OK;
}

/** A line for each preset, below a line of titles. */
export function drawPresets(presets: readonly Preset[]): string {
  const rows = [TITLES, ...presets.map(cells)];
  const widths = TITLES.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  const lines = rows.map((row) => row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(SEPARATOR));
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

function cells({ name, hosts, topic, example, binary, confirmed_by, ...preset }: Preset): string[] {
  return [
    name,
    hosts.join(', ') || '-',
    topic,
    example,
    heartbeatOf(preset),
    binary,
    limitsOf(preset),
    confirmed_by ?? '-',
  ];
}

function heartbeatOf({ ping, answer }: Pick<Preset, 'ping' | 'answer'>): string {
  const texts = ping.map((message) => (typeof message === 'string' ? message : JSON.stringify(message)));
  return [texts.join(', ') || 'ping frames', ...(answer.length > 0 ? ['answers'] : [])].join(', ');
}

function limitsOf({ batch, limits }: Pick<Preset, 'batch' | 'limits'>): string {
  const { topics_max, connects, requests, host_requests } = limits;
  const all = [
    batch && `batch ${batch.topics_max}`,
    topics_max && `topics ${topics_max}`,
    connects && `connects ${within(connects)}`,
    requests && `sends ${within(requests)}`,
    host_requests && `host sends ${within(host_requests)}`,
  ];
  return all.filter(Boolean).join(', ') || '-';
}

/** As in `500/5min`. */
function within({ count, ms }: Allowance): string {
  const [unit, unit_ms] = UNITS.find(([, length]) => ms % length === 0) ?? ['ms', 1];
  return `${count}/${ms === unit_ms ? '' : ms / unit_ms}${unit}`;
}

const UNITS: readonly (readonly [name: string, ms: number])[] = [
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
];
