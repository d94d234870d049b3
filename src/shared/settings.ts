// The resolved settings: what the configuration becomes once it has been read, checked and frozen.
// Contract keys keep their names; durations are in milliseconds here whatever unit the user wrote, so that
// no reader has to remember which key counts seconds.

import type { Protocol } from './protocol.js';

/** What to do with a message that arrives while the line buffer is full. */
export type Overflow = 'pause' | 'drop';

/** When a file's bytes are forced to the disk: at close, each second as well, or never. */
export type Fsync = 'rotate' | 'interval' | 'never';

/** Everything one topic's capture needs. Sent to the capture process as plain JSON. */
export interface TopicSettings {
  /** The topic as the exchange writes it. */
  readonly topic: string;
  /** The name its files bear, not yet encoded for the file system. */
  readonly name: string;
  readonly ws_url: string;
  readonly protocol: Protocol;
  /** Messages held in memory while the disk is behind. */
  readonly buffer_size: number;
  readonly buffer_bytes: number;
  /** Always less than `buffer_bytes`. */
  readonly max_message_bytes: number;
  readonly overflow: Overflow;
  readonly flush_interval_ms: number;
  readonly fsync: Fsync;
  readonly ping_interval_ms: number;
  readonly stale_after_ms: number;
  /** A topic that is live and brings no message for so long is silent; 0: never. */
  readonly silent_after_ms: number;
  /** Whether that counts as a fault: it was set by hand. */
  readonly silence_counts: boolean;
  /** Offer permessage-deflate to the server. */
  readonly compression: boolean;
  readonly headers: Readonly<Record<string, string>>;
  /** Absolute path of a PEM file with more certificate authorities, or null. */
  readonly ca_file: string | null;
  /** `http://[user:password@]host:port`, or null. */
  readonly proxy: string | null;
  /** False: ws parses every frame. */
  readonly fast_path: boolean;
}

/** Everything the supervisor needs. Paths are absolute. */
export interface Settings {
  readonly output_dir: string;
  readonly topics: readonly TopicSettings[];
  readonly topics_per_process: number;
  readonly status_interval_ms: number;
  readonly log_file: string;
  readonly log_keep_days: number;
  readonly log_to_stdout: boolean;
  readonly status_socket: string;
  /** Null: there is no HTTP server; 0: any port that is free. */
  readonly http_port: number | null;
  /** Another one than this machine's own only with a token. */
  readonly http_host: string;
  /** What a request must show; null: nothing. */
  readonly http_token: string | null;
}
