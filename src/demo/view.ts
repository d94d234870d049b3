// What the demo shows: what is running and what to try, the live status, and what came of it. Text only.

import { formatBytes, formatStatusLine } from '../shared/format.js';
import type { StatusDocument } from '../shared/status.js';
import type { Captured, Stream } from './captured.js';

export interface Place {
  /** As a sentence names the exchange. */
  readonly title: string;
  /** Whether the topics share a process. */
  readonly is_shared: boolean;
  readonly feed_url: string;
  readonly topics: readonly string[];
  /** As they are shown: relative to where the user is. */
  readonly output_dir: string;
  readonly log_file: string;
  readonly socket_path: string;
  /** Null: until Ctrl-C. */
  readonly seconds: number | null;
}

export interface Result {
  readonly topic: string;
  readonly sent: Stream;
  readonly captured: Captured;
  /** Null: what was captured is what was sent. */
  readonly difference: string | null;
}

/** A path as a shell takes it. */
export function shellWord(text: string): string {
  return /^[\w./+=@,:-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

export function introduction(place: Place): string {
  const { seconds, title, is_shared } = place;
  const dir = shellWord(place.output_dir);
  const how = is_shared ? 'one process for all topics' : 'one process a topic';
  return `A feed with made-up prices sends what ${title} would, and a real streamer captures it: ${how}.

  feed    ${place.feed_url}
  topics  ${place.topics.join(is_shared ? '\n          ' : ', ')}
  files   ${place.output_dir}
  log     ${place.log_file}

Try in another terminal while it runs:
  npx streamer-status --watch --socket ${shellWord(place.socket_path)}
  tail -q -n 1 -f ${dir}/*.jsonl

${seconds === null ? 'It runs until Ctrl-C' : `It runs for ${seconds} s`}, and then compares the files with what the feed sent.

`;
}

/** Known only once the supervisor has found a port. */
export function dashboardLine({ http_port }: StatusDocument): string {
  return http_port === null ? '' : `In a browser, on this machine: http://127.0.0.1:${http_port}/\n\n`;
}

/** The status in a line, for where nothing can be redrawn. */
export function statusLine(document: StatusDocument): string {
  const { uptime_s, total_messages, rate_per_min, live_topics, topics } = document;
  const line = formatStatusLine(uptime_s * 1000, total_messages, rate_per_min);
  return `${line} | ${live_topics} of ${topics.length} topics live`;
}

/** Lines drawn over the ones drawn before, wherever on the screen they stand. */
export class Redrawn {
  #height = 0;

  /** The text that replaces the block. */
  draw(lines: readonly string[]): string {
    const up = this.#height === 0 ? '' : `\x1b[${this.#height}A\r`;
    this.#height = lines.length;
    return `${up}\x1b[J${lines.map((line) => `${line}\n`).join('')}`;
  }
}

const TITLES = ['TOPIC', 'FILES', 'SENT', 'CAPTURED', 'BYTES', 'EQUAL'] as const;

/** What this run sent and captured, a line a topic, and the verdict. */
export function resultText(results: readonly Result[], shown_path: (path: string) => string): string {
  const rows = results.map(({ topic, sent, captured, difference }) => [
    topic,
    String(captured.files.length),
    String(sent.messages),
    String(captured.messages),
    formatBytes(captured.bytes),
    difference === null ? 'yes' : 'no',
  ]);
  const table = [TITLES, ...rows];
  const widths = TITLES.map((_, i) => Math.max(...table.map((row) => row[i]?.length ?? 0)));
  const lines = table.map((row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  '),
  );
  const files = results.flatMap(({ captured }) => captured.files).map(shown_path);
  return `\n${lines.join('\n')}\n\n${files.map((file) => `  ${file}\n`).join('')}\n${verdict(results)}\n`;
}

function verdict(results: readonly Result[]): string {
  const differences = results.flatMap(({ difference }) => (difference === null ? [] : [difference]));
  if (differences.length > 0) return differences.join('\n');
  const messages = results.reduce((sum, { sent }) => sum + sent.messages, 0);
  if (messages === 0) return 'The feed sent no message in so short a time.';
  return `All ${messages} messages that the feed sent are in the files.`;
}

/** What to do with the files, where the trades are. */
export function nextSteps(trades_file: string, protocol: string): string {
  const file = shellWord(trades_file);
  if (protocol !== 'bybit') {
    return `
Try next:
  tail -n 3 ${file}
  npx streamer protocols    shows how topics of ${protocol} are written for config.json
`;
  }
  return `
Try next:
  jq -c '.data[]? | [.s, .S, .p, .v]' ${file} | tail -n 3
  npx streamer    captures the topics of config.json, from Bybit itself
`;
}
