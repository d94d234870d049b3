// The status document, as the contract fixes it: built by the supervisor, read by `streamer-status`.

export const TOPIC_STATES = [
  'starting',
  'connecting',
  'subscribing',
  'live',
  'waiting',
  'rejected',
  'restarting',
  'stopping',
  'stopped',
] as const;
export type TopicState = (typeof TOPIC_STATES)[number];

export const isTopicState = (value: unknown): value is TopicState =>
  TOPIC_STATES.includes(value as TopicState);

export interface TopicStatus {
  readonly topic: string;
  readonly name: string;
  readonly ws_url: string;
  readonly state: TopicState;
  readonly since_ms: number;
  /** Null while no capture process runs. */
  readonly pid: number | null;
  readonly messages: number;
  readonly bytes: number;
  readonly rate_per_min: number;
  readonly last_message_at_ms: number | null;
  /** From the time that a message of the last second in which one came states to its receipt; null: none states one. */
  readonly event_lag_ms: number | null;
  /** Live, but without a message for `silent_after` since then; null: it is not silent. */
  readonly silent_since_ms: number | null;
  /** Whether that is a fault: where `silent_after` was set by hand. */
  readonly silence_counts: boolean;
  readonly buffered: number;
  readonly buffer_size: number;
  readonly dropped: number;
  readonly reconnects: number;
  readonly restarts: number;
  readonly gaps: number;
  /** How long the gaps are together. */
  readonly gap_ms: number;
  readonly memory_bytes: number;
  readonly file: string | null;
  readonly error: string | null;
}

/** How the last reload of the configuration went. */
export interface Reloaded {
  readonly at_ms: number;
  /** False: the configuration was bad, and nothing changed. */
  readonly ok: boolean;
  readonly message: string;
}

export interface StatusDocument {
  readonly version: string;
  readonly pid: number;
  readonly started_at_ms: number;
  readonly uptime_s: number;
  readonly state: 'starting' | 'running' | 'stopping';
  readonly total_messages: number;
  readonly total_bytes: number;
  readonly rate_per_min: number;
  readonly live_topics: number;
  /** Null: there is no HTTP server. */
  readonly http_port: number | null;
  /** Null: not since the start. */
  readonly reloaded: Reloaded | null;
  readonly topics: readonly TopicStatus[];
}
