// The configuration: one file, the environment over it, and a command's flag over both. It is read once; what
// comes out is complete, checked, absolute in its paths, in milliseconds, and frozen.

import { resolve } from 'node:path';
import { EXIT_CONFIG, ExitError } from '../errors.js';
import { resolveProtocol } from '../protocols/index.js';
import type { Settings, TopicSettings } from '../settings.js';
import { readEnvironment } from './environment.js';
import { Given } from './given.js';
import { checkHttp } from './http.js';
import type { TopicValues, Values } from './keys.js';
import { checkPaths } from './paths.js';
import { readConfigFile } from './read-file.js';
import { applySchema } from './schema.js';
import { checkEntries, type Entry, nameOf, readEntries } from './topics.js';

const PING_INTERVAL_S_DEFAULT = 20;
const SILENT_AFTER_S_DEFAULT = 300;

export interface LoadOptions {
  /** The file; null: `config.json`, which may be missing. */
  readonly config_path: string | null;
  readonly env: NodeJS.ProcessEnv;
  /** Relative paths are relative to it. */
  readonly cwd: string;
  /** True: the log goes to stdout whatever the configuration says. */
  readonly log_to_stdout?: boolean;
}

export interface Loaded {
  readonly settings: Settings;
  /** Sentences for the log: nothing is wrong, but someone may wonder. */
  readonly notes: string[];
}

/**
 * Reads, checks and resolves the configuration.
 * @throws ExitError with status 78 and one sentence for each mistake.
 */
export function loadSettings(options: LoadOptions): Loaded {
  const { cwd } = options;
  const file = readConfigFile(options.config_path, cwd);
  const environment = readEnvironment(options.env);
  const given = new Given(file, environment);
  const checked = applySchema(given);
  const entries = readEntries(given, checked);
  checkEntries(given, checked, entries);
  checkPaths(given, checked, entries, cwd, file.path);
  checkHttp(given, checked);
  if (given.mistakes.length > 0) throw new ExitError(EXIT_CONFIG, given.mistakes);
  // No mistake: no value is undefined for one, and every format vouches for its type.
  const values = checked as Values;
  const topics = entries.map((entry) => topicSettings(entry, values, cwd));
  const settings: Settings = {
    output_dir: resolve(cwd, values.output_dir),
    topics,
    topics_per_process: values.topics_per_process,
    status_interval_ms: milliseconds(values.status_interval),
    log_file: resolve(cwd, values.log_file),
    log_keep_days: values.log_keep_days,
    log_to_stdout: options.log_to_stdout === true || values.log_to_stdout,
    status_socket: resolve(cwd, values.status_socket),
    http_port: values.http_port,
    http_host: values.http_host,
    http_token: values.http_token,
  };
  const missing = file.found ? [] : [`There is no ${file.shown_path} in ${cwd}: the defaults hold`];
  const notes = [...missing, ...environment.notes, ...alikeNames(topics)];
  return { settings: freezeDeeply(settings), notes };
}

function topicSettings(entry: Entry, base: Values, cwd: string): TopicSettings {
  const values = { ...base, ...entry.own } as TopicValues;
  const protocol_s = typeof values.protocol === 'object' ? values.protocol.ping_interval : undefined;
  const topic = entry.topic as string;
  return {
    topic,
    name: nameOf(entry, base) ?? topic,
    ws_url: values.ws_url,
    protocol: resolveProtocol(values.protocol, values.ws_url),
    buffer_size: values.buffer_size,
    buffer_bytes: values.buffer_bytes,
    max_message_bytes: values.max_message_bytes,
    overflow: values.overflow,
    flush_interval_ms: values.flush_interval_ms,
    fsync: values.fsync,
    ping_interval_ms: milliseconds(values.ping_interval ?? protocol_s ?? PING_INTERVAL_S_DEFAULT),
    stale_after_ms: milliseconds(values.stale_after),
    silent_after_ms: milliseconds(values.silent_after ?? SILENT_AFTER_S_DEFAULT),
    silence_counts: values.silent_after !== undefined,
    compression: values.compression,
    headers: values.headers ?? {},
    ca_file: values.ca_file === null ? null : resolve(cwd, values.ca_file),
    proxy: values.proxy,
    fast_path: base.fast_path,
  };
}

const milliseconds = (seconds: number): number => Math.round(seconds * 1000);

/** Allowed, since Linux tells them apart; a file system that does not would mix their files. */
function alikeNames(topics: readonly TopicSettings[]): string[] {
  const names = new Map<string, string>();
  return topics.flatMap(({ name }) => {
    const other = names.get(name.toLowerCase());
    names.set(name.toLowerCase(), name);
    if (other === undefined) return [];
    const names_shown = `${JSON.stringify(other)} and ${JSON.stringify(name)}`;
    return [`The names ${names_shown} differ in capitals only: not every file system tells them apart`];
  });
}

/** Stops at what is frozen already: protocols are shared by many topics. */
function freezeDeeply<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const item of Object.values(value)) freezeDeeply(item);
  return value;
}
