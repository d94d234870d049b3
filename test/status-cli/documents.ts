// Status documents for the tests, and the instant at which they were made.

import type { StatusDocument, TopicStatus } from '../../src/shared/status.js';

export const NOW_MS = Date.UTC(2026, 0, 2, 3, 4, 5);

export function topicStatus(topic: string, changes: Partial<TopicStatus> = {}): TopicStatus {
  return {
    topic,
    name: topic,
    ws_url: 'wss://stream.example.test/v5/public/linear',
    state: 'live',
    since_ms: NOW_MS - 754_000,
    pid: 4712,
    messages: 1000,
    bytes: 204_800,
    rate_per_min: 79.6,
    last_message_at_ms: NOW_MS - 3000,
    event_lag_ms: null,
    silent_since_ms: null,
    silence_counts: false,
    buffered: 0,
    buffer_size: 10_000,
    dropped: 0,
    reconnects: 0,
    restarts: 0,
    gaps: 0,
    gap_ms: 0,
    memory_bytes: 52_428_800,
    file: `/data/${topic}_1767322800.jsonl`,
    error: null,
    ...changes,
  };
}

export function statusDocument(
  topics: readonly TopicStatus[],
  changes: Partial<StatusDocument> = {},
): StatusDocument {
  return {
    version: '0.1.0',
    pid: 4711,
    started_at_ms: NOW_MS - 754_000,
    uptime_s: 754,
    state: 'running',
    total_messages: 152_340,
    total_bytes: 48_234_496,
    rate_per_min: 7260.12,
    reloaded: null,
    http_port: null,
    live_topics: topics.filter((topic) => topic.state === 'live').length,
    topics,
    ...changes,
  };
}
