// Every key of the configuration with its default and its format. Values are as the user writes them: seconds
// where the contract says seconds, paths not yet resolved. src/shared/settings.ts tells what they become.

import type { ProtocolGiven } from '../protocols/index.js';
import type { Fsync, Overflow } from '../settings.js';
import {
  type Format,
  fileName,
  filePath,
  logPath,
  oneOf,
  orNull,
  plainText,
  seconds,
  secondsOrNever,
  trueOrFalse,
  wholeNumber,
} from './formats.js';
import { shown } from './mistakes.js';
import { headers, hostToListenOn, httpToken, proxyUrl, webSocketUrl } from './network-formats.js';
import { protocol } from './protocol.js';

/** What may be set at the top level for all topics, and again for one. */
export interface TopicValues {
  readonly name: string | undefined;
  readonly ws_url: string;
  readonly buffer_size: number;
  readonly buffer_bytes: number;
  readonly max_message_bytes: number;
  readonly overflow: Overflow;
  readonly flush_interval_ms: number;
  readonly fsync: Fsync;
  readonly protocol: string | ProtocolGiven | undefined;
  readonly ping_interval: number | undefined;
  readonly stale_after: number;
  readonly silent_after: number | undefined;
  readonly compression: boolean;
  readonly headers: Readonly<Record<string, string>> | null;
  readonly ca_file: string | null;
  readonly proxy: string | null;
}

export interface Values extends TopicValues {
  readonly output_dir: string;
  readonly topic: string | undefined;
  /** A list whose items are not checked yet: src/shared/config/topics.ts does. */
  readonly topics: readonly unknown[] | undefined;
  readonly topics_per_process: number;
  readonly status_interval: number;
  readonly log_file: string;
  readonly log_keep_days: number;
  readonly log_to_stdout: boolean;
  readonly fast_path: boolean;
  readonly status_socket: string;
  readonly http_port: number | null;
  readonly http_host: string;
  readonly http_token: string | null;
}

/** A value whose mistakes have been told is undefined, so that nothing goes on to judge it together with others. */
export type Checked<T> = { readonly [Key in keyof T]: T[Key] | undefined };

interface Key {
  readonly default: unknown;
  readonly format: Format;
  /** How a text from the environment is read; `object or text`: as JSON where it begins with a brace. */
  readonly env: 'text' | 'number' | 'boolean' | 'json' | 'object or text';
}

const MIB = 1024 * 1024;
const TOPICS_MAX = 10_000;
const PORT_MAX = 65_535;
const TOPICS_PER_PROCESS_MAX = 1_000;
/** One allocation must be able to hold it. */
const BYTES_MAX = 1024 * MIB;

const list: Format = (value, path) => {
  if (Array.isArray(value) && value.length > 0 && value.length <= TOPICS_MAX) return [];
  const size = Array.isArray(value) && value.length > 0 ? `a list of ${value.length}` : shown(value);
  return [`${path} must be a list of 1 to ${TOPICS_MAX} topics, not ${size}.`];
};

export const TOPIC_KEYS: Readonly<Record<keyof TopicValues, Key>> = {
  name: { default: undefined, format: fileName, env: 'text' },
  ws_url: { default: 'wss://stream.bybit.com/v5/public/linear', format: webSocketUrl, env: 'text' },
  buffer_size: { default: 10_000, format: wholeNumber(1, 10_000_000), env: 'number' },
  buffer_bytes: { default: 64 * MIB, format: wholeNumber(2, BYTES_MAX), env: 'number' },
  max_message_bytes: { default: 16 * MIB, format: wholeNumber(1, BYTES_MAX), env: 'number' },
  overflow: { default: 'pause', format: oneOf('pause', 'drop'), env: 'text' },
  flush_interval_ms: { default: 200, format: wholeNumber(1, 60_000), env: 'number' },
  fsync: { default: 'rotate', format: oneOf('rotate', 'interval', 'never'), env: 'text' },
  protocol: { default: undefined, format: protocol, env: 'object or text' },
  ping_interval: { default: undefined, format: seconds, env: 'number' },
  stale_after: { default: 60, format: seconds, env: 'number' },
  silent_after: { default: undefined, format: secondsOrNever, env: 'number' },
  compression: { default: false, format: trueOrFalse, env: 'boolean' },
  headers: { default: null, format: orNull(headers), env: 'json' },
  ca_file: { default: null, format: orNull(filePath), env: 'text' },
  proxy: { default: null, format: orNull(proxyUrl), env: 'text' },
};

export const KEYS: Readonly<Record<keyof Values, Key>> = {
  output_dir: { default: './output', format: filePath, env: 'text' },
  topic: { default: undefined, format: plainText, env: 'text' },
  topics: { default: undefined, format: list, env: 'json' },
  ...TOPIC_KEYS,
  topics_per_process: { default: 1, format: wholeNumber(1, TOPICS_PER_PROCESS_MAX), env: 'number' },
  status_interval: { default: 30, format: seconds, env: 'number' },
  log_file: { default: 'system.log', format: logPath, env: 'text' },
  log_keep_days: { default: 14, format: wholeNumber(1, 36_500), env: 'number' },
  log_to_stdout: { default: false, format: trueOrFalse, env: 'boolean' },
  fast_path: { default: true, format: trueOrFalse, env: 'boolean' },
  status_socket: { default: '/tmp/streamer.sock', format: filePath, env: 'text' },
  http_port: { default: null, format: orNull(wholeNumber(0, PORT_MAX)), env: 'number' },
  http_host: { default: '127.0.0.1', format: hostToListenOn, env: 'text' },
  http_token: { default: null, format: orNull(httpToken), env: 'text' },
};

export const TOPIC_DEFAULT = 'publicTrade.BTCUSDT';

export const isKey = (key: string): key is keyof Values => Object.hasOwn(KEYS, key);

export const isTopicKey = (key: string): key is keyof TopicValues => Object.hasOwn(TOPIC_KEYS, key);
