// What the supervisor and a capture process say to each other, and the one place where the supervisor
// checks what a child sent: it must survive any message, so nothing is believed before it passed here.

import type { PermitKind } from './limits.js';
import type { TopicSettings } from './settings.js';
import { isTopicState, type TopicState } from './status.js';

/**
 * What the supervisor answers to an `Ask`: `queued` at once and then each second while it waits, so that silence means
 * that nobody answers; `permit` when it may go.
 */
export interface PermitAnswer {
  readonly type: 'queued' | 'permit';
  readonly id: number;
}

/** Supervisor to capture. `start` is sent once, right after the fork. */
export type ToCapture =
  | { readonly type: 'start'; readonly output_dir: string; readonly settings: TopicSettings }
  | { readonly type: 'stop' }
  | PermitAnswer;

/**
 * Capture to supervisor, once a second and once more before a graceful exit. Counts are totals of this
 * process's run: the supervisor adds runs up.
 */
export interface Report {
  readonly type: 'report';
  readonly state: TopicState;
  /** When the state was entered, Unix milliseconds. */
  readonly since_ms: number;
  /** Lines written to the files, and their bytes with the newline. */
  readonly messages: number;
  readonly bytes: number;
  readonly last_message_at_ms: number | null;
  /** Messages in memory, not yet written. */
  readonly buffered: number;
  readonly dropped: number;
  readonly reconnects: number;
  readonly gaps: number;
  readonly memory_bytes: number;
  /** Absolute path of the file being written. */
  readonly file: string | null;
  /** One sentence on what is wrong now. */
  readonly error: string | null;
}

export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** A line for the log; the supervisor adds topic and pid. */
export interface LogRecord {
  readonly type: 'log';
  readonly at_ms: number;
  readonly level: LogLevel;
  readonly message: string;
}

/** A capture wants to connect to its topic's host, or to send messages there. */
export interface Ask {
  readonly type: 'ask';
  /** Names the ask in all that follows; each is another number. */
  readonly id: number;
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

/** A `Date` can hold it. */
const isInstant = (value: unknown): value is number => isCount(value) && value <= 8.64e15;

const isStringOrNull = (value: unknown): value is string | null =>
  value === null || typeof value === 'string';

/** More messages than a protocol has templates. */
const ASK_COUNT_MAX = 10_000;

function readPermitMessage({ type, id, kind, count, down_since_ms }: Record<string, unknown>) {
  if (!isCount(id)) return null;
  if (type === 'went' || type === 'cancel') return { type, id } as const;
  if (type !== 'ask' || (kind !== 'connect' && kind !== 'request') || !isInstant(down_since_ms)) return null;
  if (!isCount(count) || count < 1 || count > ASK_COUNT_MAX) return null;
  return { type, id, kind, count, down_since_ms } as const;
}

/** The message as a `FromCapture`, or null when it is none. */
export function readFromCapture(value: unknown): FromCapture | null {
  if (typeof value !== 'object' || value === null) return null;
  const m = value as Record<string, unknown>;
  if (m.type === 'log') {
    if (!isInstant(m.at_ms) || typeof m.message !== 'string') return null;
    if (!LOG_LEVELS.includes(m.level as LogLevel)) return null;
    return { type: 'log', at_ms: m.at_ms, level: m.level as LogLevel, message: asSentence(m.message) };
  }
  if (m.type !== 'report') return readPermitMessage(m);
  if (!isTopicState(m.state)) return null;
  if (!isInstant(m.since_ms)) return null;
  if (m.last_message_at_ms !== null && !isInstant(m.last_message_at_ms)) return null;
  if (!isStringOrNull(m.file) || !isStringOrNull(m.error)) return null;
  const counts = [m.messages, m.bytes, m.buffered, m.dropped, m.reconnects, m.gaps, m.memory_bytes];
  if (!counts.every(isCount)) return null;
  return { ...(m as unknown as Report), error: m.error === null ? null : asSentence(m.error) };
}
