// A topic's settings with the defaults of the contract and a server where nobody listens.

import { bybit } from '../../src/shared/protocols/bybit.js';
import type { TopicSettings } from '../../src/shared/settings.js';

export function topicSettings(changes: Partial<TopicSettings> = {}): TopicSettings {
  return {
    topic: 't',
    name: 't',
    ws_url: 'ws://127.0.0.1:1',
    protocol: bybit,
    buffer_size: 10_000,
    buffer_bytes: 64 * 1024 * 1024,
    max_message_bytes: 16 * 1024 * 1024,
    overflow: 'pause',
    flush_interval_ms: 200,
    fsync: 'rotate',
    ping_interval_ms: 20_000,
    stale_after_ms: 60_000,
    silent_after_ms: 300_000,
    silence_counts: false,
    compression: false,
    headers: {},
    ca_file: null,
    proxy: null,
    fast_path: true,
    ...changes,
  };
}
