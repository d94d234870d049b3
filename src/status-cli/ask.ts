// Asks the supervisor for its status: connects to the Unix socket, reads what it sends to the end, and believes
// it only when it looks like a status document. Bounded in time and bytes, whatever listens there.

import { connect } from 'node:net';
import { EXIT_NO_INSTANCE, EXIT_NOT_ALL_LIVE, EXIT_OK, errorCode, errorMessage } from '../shared/errors.js';
import type { StatusDocument, TopicStatus } from '../shared/status.js';
import { isSilent } from '../shared/worst-first.js';

export const ANSWER_BYTES_MAX = 64 * 1024 * 1024;
const ANSWER_TIMEOUT_MS = 3000;

/** `raw` is the document as it came. `sentence` says why there is none, and what to do. */
export type Answer =
  | { readonly ok: true; readonly raw: Buffer; readonly document: StatusDocument }
  | { readonly ok: false; readonly sentence: string };

/** The exit status that tells scripts the same: 0 all topics live, 1 not all or silent where that counts, 2 no instance. */
export function exitStatusOf(answer: Answer): number {
  if (!answer.ok) return EXIT_NO_INSTANCE;
  const isGood = (topic: TopicStatus) =>
    topic.state === 'live' && !(topic.silence_counts === true && isSilent(topic));
  return answer.document.topics.every(isGood) ? EXIT_OK : EXIT_NOT_ALL_LIVE;
}

/** The status of the supervisor behind `socket_path`; never throws. An abort of `signal` ends the wait. */
export async function askStatus(
  socket_path: string,
  { timeout_ms = ANSWER_TIMEOUT_MS, signal }: { timeout_ms?: number; signal?: AbortSignal } = {},
): Promise<Answer> {
  let raw: Buffer;
  try {
    raw = await readAll(socket_path, timeout_ms, signal);
  } catch (error) {
    return { ok: false, sentence: explain(socket_path, error, timeout_ms) };
  }
  const document = readDocument(raw);
  if (document !== null) return { ok: true, raw, document };
  const sentence =
    raw.length === 0
      ? `What listens on ${socket_path} closed the connection without an answer: it may be stopping just now; ask again.`
      : `What answers on ${socket_path} sends no status of a streamer: name the right socket with --socket or status_socket.`;
  return { ok: false, sentence };
}

function coded(code: string): Error {
  return Object.assign(new Error(code), { code });
}

function readAll(path: string, timeout_ms: number, signal: AbortSignal | undefined): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const socket = connect({ path });
    const end = (error: unknown) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      socket.destroy();
      if (error === null) resolve(Buffer.concat(chunks, bytes));
      else reject(error);
    };
    const abort = () => end(coded('ABORTED'));
    const timer = setTimeout(() => end(coded('TIMEOUT')), timeout_ms);
    signal?.addEventListener('abort', abort);
    socket.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > ANSWER_BYTES_MAX) end(coded('TOO_LONG'));
      else chunks.push(chunk);
    });
    socket.on('end', () => end(null));
    socket.on('close', () => end(coded('ECONNRESET')));
    socket.on('error', end);
    if (signal?.aborted === true) abort();
  });
}

const START_ONE = 'Start it with "streamer", or name its socket with --socket or status_socket.';

function explain(path: string, error: unknown, timeout_ms: number): string {
  switch (errorCode(error)) {
    case 'ENOENT':
      return `No streamer is running: there is no status socket ${path}. ${START_ONE}`;
    case 'ECONNREFUSED':
      return `No streamer is running: nothing listens on the status socket ${path}. ${START_ONE}`;
    case 'EACCES':
    case 'EPERM':
      return `The status socket ${path} belongs to another user: ask as that user.`;
    case 'TIMEOUT':
      return `No answer from ${path} within ${timeout_ms / 1000} s: the streamer behind it hangs or is stopped; look at its log.`;
    case 'TOO_LONG':
      return `What answers on ${path} sent more than 64 MiB and is no streamer: name the right socket with --socket or status_socket.`;
    case 'ECONNRESET':
    case 'EPIPE':
      return `The streamer behind ${path} cut the connection: it may be stopping just now; ask again.`;
    case 'ABORTED':
      return `The wait for an answer from ${path} was given up.`;
    default:
      return `The status socket ${path} cannot be asked: ${errorMessage(error)}.`;
  }
}

const DOCUMENT_NUMBERS = [
  'pid',
  'started_at_ms',
  'uptime_s',
  'total_messages',
  'total_bytes',
  'rate_per_min',
] as const;
const TOPIC_STRINGS = ['topic', 'name', 'state'] as const;
const TOPIC_NUMBERS = [
  'since_ms',
  'messages',
  'bytes',
  'rate_per_min',
  'buffered',
  'buffer_size',
  'dropped',
  'reconnects',
  'restarts',
  'gaps',
  'memory_bytes',
] as const;

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null;
const allNumbers = (object: Fields, keys: readonly string[]) =>
  keys.every((key) => Number.isFinite(object[key]));
const allStrings = (object: Fields, keys: readonly string[]) =>
  keys.every((key) => typeof object[key] === 'string');

/** The document, when it has everything that is drawn; more than that may be in it, and states not known here. */
function readDocument(raw: Buffer): StatusDocument | null {
  let value: unknown;
  try {
    value = JSON.parse(raw.toString('utf8'));
  } catch {
    return null;
  }
  if (!isObject(value) || !Array.isArray(value.topics)) return null;
  if (!allStrings(value, ['version', 'state']) || !allNumbers(value, DOCUMENT_NUMBERS)) return null;
  const good = value.topics.every(
    (topic: unknown) =>
      isObject(topic) &&
      allStrings(topic, TOPIC_STRINGS) &&
      allNumbers(topic, TOPIC_NUMBERS) &&
      (topic.last_message_at_ms === null || Number.isFinite(topic.last_message_at_ms)) &&
      (topic.error === null || typeof topic.error === 'string'),
  );
  return good ? (value as unknown as StatusDocument) : null;
}
