// The columns of the status table: what each shows of a topic, what makes it stand out, and which of them go
// first when the terminal is narrow.

import { formatBytes } from '../shared/format.js';
import { printable } from '../shared/printable.js';
import type { TopicStatus } from '../shared/status.js';
import { isSilent } from '../shared/worst-first.js';
import type { Style } from './paper.js';
import { TREND_CELLS, type Trend } from './trend.js';

export interface Column {
  readonly title: string;
  readonly align: 'left' | 'right';
  /** So that the columns to its right do not jump when the text grows by a character. */
  readonly width_min?: number;
  /** It takes up to so many columns of those that are left over, and `text` is told how many it has. */
  readonly width_max?: number;
  text(topic: TopicStatus, now_ms: number, width: number): string;
  style?(topic: TopicStatus): Style | null;
}

const STATE_STYLES: Readonly<Record<string, Style>> = {
  live: 'green',
  starting: 'cyan',
  connecting: 'cyan',
  subscribing: 'cyan',
  waiting: 'yellow',
  restarting: 'yellow',
  rejected: 'red',
  stopping: 'dim',
  stopped: 'dim',
};

/** `3s ago`, `12m ago`, `5h ago`, `40d ago`; a time to come, from a clock that was set back, is `0s ago`. */
export function formatAgo(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s < 60) return `${s}s ago`;
  if (s < 3600) return `${Math.floor(s / 60)}m ago`;
  if (s < 48 * 3600) return `${Math.floor(s / 3600)}h ago`;
  return `${Math.floor(s / 86_400)}d ago`;
}

const AGO_WIDTH = '59m ago'.length;

/** The topic, and the name of its files where that is another. */
export function topicLabel({ topic, name }: TopicStatus): string {
  return printable(name === topic ? topic : `${topic} (${name})`);
}

type CountKey = 'dropped' | 'reconnects' | 'restarts' | 'gaps';

/** A count of bad things: pale while there are none. */
function troubleColumn(title: string, key: CountKey, style: Style): Column {
  return {
    title,
    align: 'right',
    text: (topic) => String(topic[key]),
    style: (topic) => (topic[key] === 0 ? 'dim' : style),
  };
}

/** In the order in which they stand. The first two never go. */
export const COLUMNS: readonly Column[] = [
  { title: 'TOPIC', align: 'left', text: topicLabel },
  {
    title: 'STATE',
    align: 'left',
    text: (topic) => (isSilent(topic) ? 'live, silent' : printable(topic.state)),
    style: (topic) => (isSilent(topic) ? 'yellow' : (STATE_STYLES[topic.state] ?? null)),
  },
  {
    title: 'SINCE',
    align: 'right',
    width_min: AGO_WIDTH,
    text: (topic, now_ms) => formatAgo(now_ms - topic.since_ms),
  },
  { title: 'MSGS', align: 'right', text: (topic) => String(topic.messages) },
  { title: 'RATE/MIN', align: 'right', text: (topic) => topic.rate_per_min.toFixed(1) },
  {
    title: 'LAST',
    align: 'right',
    width_min: AGO_WIDTH,
    text: ({ last_message_at_ms }, now_ms) =>
      last_message_at_ms === null ? 'never' : formatAgo(now_ms - last_message_at_ms),
  },
  {
    title: 'BUFFER',
    align: 'right',
    text: (topic) => `${topic.buffered}/${topic.buffer_size}`,
    style: (topic) => (topic.buffered * 2 > topic.buffer_size ? 'yellow' : null),
  },
  troubleColumn('DROPPED', 'dropped', 'red'),
  troubleColumn('RECONN', 'reconnects', 'yellow'),
  troubleColumn('RESTARTS', 'restarts', 'yellow'),
  troubleColumn('GAPS', 'gaps', 'yellow'),
  { title: 'SIZE', align: 'right', text: (topic) => formatBytes(topic.bytes) },
  { title: 'MEM', align: 'right', text: (topic) => formatBytes(topic.memory_bytes) },
];

const TREND_WIDTH_MIN = 8;

/** The columns with that of the rates that were seen, beside the rate. */
export function columnsWith(trend: Trend): readonly Column[] {
  const column: Column = {
    title: 'TREND',
    align: 'right',
    width_min: TREND_WIDTH_MIN,
    width_max: TREND_CELLS,
    text: (topic, _, width) => trend.draw(topic.name, width),
    style: () => 'cyan',
  };
  return COLUMNS.flatMap((other) => (other.title === 'RATE/MIN' ? [other, column] : [other]));
}

/** Titles in the order in which they go when the line is too long: what tells least about trouble first. */
export const DROP_ORDER: readonly string[] = [
  'MEM',
  'SIZE',
  'RESTARTS',
  'BUFFER',
  'RECONN',
  'SINCE',
  'TREND',
  'GAPS',
  'DROPPED',
  'LAST',
  'RATE/MIN',
  'MSGS',
];
