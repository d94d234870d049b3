// What of the status document the page is sent: what of a topic stays, what of it changes, and the sum.

import type { TickEvent, TopicHead, TopicRow } from '../../shared/page-data.js';
import type { StatusDocument, TopicStatus } from '../../shared/status.js';

export function headOf({
  topic,
  name,
  ws_url,
  buffer_size,
  silence_counts,
}: TopicStatus): Omit<TopicHead, 'steps'> {
  return { topic, name, ws_url, buffer_size, silence_counts };
}

export function rowOf(status: TopicStatus, at: number): TopicRow {
  return {
    at,
    state: status.state,
    since_ms: status.since_ms,
    messages: status.messages,
    bytes: status.bytes,
    rate_per_min: status.rate_per_min,
    last_message_at_ms: status.last_message_at_ms,
    silent_since_ms: status.silent_since_ms,
    buffered: status.buffered,
    dropped: status.dropped,
    reconnects: status.reconnects,
    restarts: status.restarts,
    gaps: status.gaps,
    memory_bytes: status.memory_bytes,
    error: status.error,
    event_lag_ms: status.event_lag_ms,
  };
}

type Sum = Omit<TickEvent, 'at_ms' | 'rows' | 'gaps_today' | 'disk_free_bytes' | 'disk_lasts_s'>;

export function sumOf(status: StatusDocument): Sum {
  const { state, uptime_s, total_messages, total_bytes, rate_per_min, live_topics, reloaded } = status;
  return { state, uptime_s, total_messages, total_bytes, rate_per_min, live_topics, reloaded };
}
