// What the supervisor and a capture process say to each other, and the one place where the supervisor
// checks what a child sent: it must survive any message, so nothing is believed before it passed here.

import type { PermitKind } from './limits.js';
import type { TopicSettings } from './settings.js';
import { isTopicState, type TopicState } from './status.js';
import { WRITE_MS_BOUNDS, type WriteLatency } from './write-latency.js';

/** Why a topic is no longer captured, as its ledger says it. */
export type StopReason = 'stopped' | 'reconfigured';

/**
 * What the supervisor answers to an `Ask`: `queued` at once and then each second while it waits, so that silence means
 * that nobody answers; `permit` when it may go.
 */
export interface PermitAnswer {
  readonly type: 'queued' | 'permit';
  readonly id: number;
}

/** Supervisor to capture. */
export type ToCapture =
  | PermitAnswer
  /**
   * Sent once, right after the fork. `control_name`: the name of the files for messages of no topic, in a process that
   * many topics share; null: it carries one topic, and every message is its.
   */
  | {
      readonly type: 'start';
      readonly output_dir: string;
      readonly topics: readonly TopicSettings[];
      readonly control_name: string | null;
    }
  /** Topics to let go, by name, and then topics to take in: the others miss nothing. Only where they share a process. */
  | { readonly type: 'change'; readonly remove: readonly string[]; readonly add: readonly TopicSettings[] }
  | { readonly type: 'stop'; readonly reason: StopReason };

/** Capture to supervisor, once a second and once more before a graceful exit. */
export interface Report {
  readonly type: 'report';
  readonly memory_bytes: number;
  /** Processor time that the process has taken since its start. */
  readonly cpu_ms: number;
  readonly topics: readonly TopicReport[];
}

/** Counts are totals of this topic's run: the supervisor adds runs up. */
export interface TopicReport {
  readonly name: string;
  /** Another number: the topic was let go and taken in again, and counts from nothing. */
  readonly run: number;
  readonly state: TopicState;
  /** When the state was entered, Unix milliseconds. */
  readonly since_ms: number;
  /** Lines written to the files, and their bytes with the newline. */
  readonly messages: number;
  readonly bytes: number;
  readonly last_message_at_ms: number | null;
  /** Since when it has been live without a message for `silent_after`; null: it is not silent. */
  readonly silent_since_ms: number | null;
  /** Messages in memory, not yet written. */
  readonly buffered: number;
  readonly dropped: number;
  readonly reconnects: number;
  readonly gaps: number;
  /** How long the gaps are together. */
  readonly gap_ms: number;
  /** From the time that a message of the last second in which one came states to its receipt; null: none states one. */
  readonly event_lag_ms: number | null;
  readonly write_ms: WriteLatency;
  /** The longest wait for a write since the last report. */
  readonly write_ms_max: number;
  /** Absolute path of the file being written. */
  readonly file: string | null;
  /** One sentence on what is wrong now. */
  readonly error: string | null;
}

export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** A line for the log; the supervisor adds the pid. */
export interface LogRecord {
  readonly type: 'log';
  /** The topic's name; null: it is about the whole process. */
  readonly name: string | null;
  readonly at_ms: number;
  readonly level: LogLevel;
  readonly message: string;
}

/** A capture wants to connect to a topic's host, or to send messages there. */
export interface Ask {
  readonly type: 'ask';
  /** Names the ask in all that follows; each is another number. */
  readonly id: number;
  /** Of the topic, or of one of those that share the connection. */
  readonly name: string;
  readonly kind: PermitKind;
  readonly count: number;
  /** Unix milliseconds; the longest down go first. 0: it is not down, and would be if this had to wait. */
  readonly down_since_ms: number;
}

/** It is done now, with a permit or for want of an answer (`went`), or no longer wanted (`cancel`). */
export interface AskEnd {
  readonly type: 'went' | 'cancel';
  readonly id: number;
}

export type PermitMessage = Ask | AskEnd;

export type FromCapture = Report | LogRecord | PermitMessage;

/** A sentence longer than this is cut: a server's words or a stack must not flood the log or the status. */
const SENTENCE_LENGTH_MAX = 4096;

/** On one line of a bounded length, with nothing in it that could steer a terminal. */
function asSentence(text: string): string {
  const cut = text.length > SENTENCE_LENGTH_MAX ? `${text.slice(0, SENTENCE_LENGTH_MAX)}…` : text;
  return cut.replace(/\p{Cc}+/gu, ' ');
}

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

const isWriteLatency = (value: unknown): value is WriteLatency => {
  if (typeof value !== 'object' || value === null) return false;
  const { counts, sum_ms } = value as Record<string, unknown>;
  const has_all = Array.isArray(counts) && counts.length === WRITE_MS_BOUNDS.length + 1;
  return has_all && counts.every(isCount) && isCount(sum_ms);
};

/** A `Date` can hold it. */
const isInstant = (value: unknown): value is number => isCount(value) && value <= 8.64e15;

const isStringOrNull = (value: unknown): value is string | null =>
  value === null || typeof value === 'string';

/** More messages than a protocol has templates. */
const ASK_COUNT_MAX = 10_000;

function readPermitMessage(m: Record<string, unknown>): PermitMessage | null {
  const { type, id, name, kind, count, down_since_ms } = m;
  if (!isCount(id)) return null;
  if (type === 'went' || type === 'cancel') return { type, id };
  if (type !== 'ask' || (kind !== 'connect' && kind !== 'request') || !isInstant(down_since_ms)) return null;
  if (typeof name !== 'string' || !isCount(count) || count < 1 || count > ASK_COUNT_MAX) return null;
  return { type, id, name, kind, count, down_since_ms };
}

/** The message as a `FromCapture`, or null when it is none. */
export function readFromCapture(value: unknown): FromCapture | null {
  if (typeof value !== 'object' || value === null) return null;
  const m = value as Record<string, unknown>;
  if (m.type === 'log') {
    if (!isInstant(m.at_ms) || typeof m.message !== 'string' || !isStringOrNull(m.name)) return null;
    if (!LOG_LEVELS.includes(m.level as LogLevel)) return null;
    const level = m.level as LogLevel;
    return { type: 'log', name: m.name, at_ms: m.at_ms, level, message: asSentence(m.message) };
  }
  if (m.type !== 'report') return readPermitMessage(m);
  if (!isCount(m.memory_bytes) || !isCount(m.cpu_ms) || !Array.isArray(m.topics)) return null;
  const topics = m.topics.map(readTopicReport);
  if (!topics.every((topic) => topic !== null)) return null;
  return { type: 'report', memory_bytes: m.memory_bytes, cpu_ms: m.cpu_ms, topics };
}

function readTopicReport(value: unknown): TopicReport | null {
  if (typeof value !== 'object' || value === null) return null;
  const m = value as Record<string, unknown>;
  if (typeof m.name !== 'string' || !isTopicState(m.state) || !isInstant(m.since_ms)) return null;
  if (![m.last_message_at_ms, m.silent_since_ms].every((at) => at === null || isInstant(at))) return null;
  if (!isStringOrNull(m.file) || !isStringOrNull(m.error)) return null;
  if (m.event_lag_ms !== null && !Number.isSafeInteger(m.event_lag_ms)) return null;
  if (!isWriteLatency(m.write_ms)) return null;
  const { run, messages, bytes, buffered, dropped, reconnects, gaps, gap_ms, write_ms_max } = m;
  const counts = [run, messages, bytes, buffered, dropped, reconnects, gaps, gap_ms, write_ms_max];
  if (!counts.every(isCount)) return null;
  return { ...(m as unknown as TopicReport), error: m.error === null ? null : asSentence(m.error) };
}
