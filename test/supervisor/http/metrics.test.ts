// Promises about what Prometheus reads: each figure under its name and unit, for the topics that there are now.

import { expect, test } from 'vitest';
import type { WriteLatency } from '../../../src/shared/write-latency.js';
import { renderMetrics } from '../../../src/supervisor/http/metrics.js';
import type { ProcessUsage } from '../../../src/supervisor/processes.js';
import { NOW_MS, statusDocument, topicStatus } from '../../status-cli/documents.js';

const topic = topicStatus('a', {
  messages: 1000,
  bytes: 204_800,
  dropped: 3,
  reconnects: 4,
  restarts: 1,
  gaps: 2,
  gap_ms: 12_345,
  buffered: 7,
  event_lag_ms: -25,
});
const LATENCY: WriteLatency = { counts: [1, 0, 2, 40, 5, 0, 1, 0, 1], sum_ms: 16_250 };
const PROCESSES: readonly ProcessUsage[] = [
  { pid: 1, role: 'supervisor', name: 'supervisor', topics: [], memory_bytes: 60e6, cpu_share: 0.01 },
  { pid: 2, role: 'capture', name: 'a and 1 more', topics: ['a', 'b'], memory_bytes: 40e6, cpu_share: 0.5 },
];

/** By series, as it is written. */
async function series(...given: Parameters<typeof renderMetrics>): Promise<Record<string, string>> {
  const { text } = await renderMetrics(...given);
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), line.slice(line.lastIndexOf(' ') + 1)]),
  );
}

test('each figure has its name, in seconds and bytes', async () => {
  const status = statusDocument([topic], { reloaded: { at_ms: NOW_MS, ok: false, message: 'bad' } });
  expect(await series(status, PROCESSES, new Map([['a', LATENCY]]))).toEqual({
    'streamer_build_info{version="0.1.0"}': '1',
    streamer_start_time_seconds: String((NOW_MS - 754_000) / 1000),
    streamer_last_reload_successful: '0',
    'streamer_messages_total{topic="a"}': '1000',
    'streamer_written_bytes_total{topic="a"}': '204800',
    'streamer_dropped_messages_total{topic="a"}': '3',
    'streamer_reconnects_total{topic="a"}': '4',
    'streamer_restarts_total{topic="a"}': '1',
    'streamer_gaps_total{topic="a"}': '2',
    'streamer_gap_seconds_total{topic="a"}': '12.345',
    'streamer_live{topic="a"}': '1',
    'streamer_silent{topic="a"}': '0',
    'streamer_buffered_messages{topic="a"}': '7',
    'streamer_buffer_size_messages{topic="a"}': '10000',
    'streamer_last_message_timestamp_seconds{topic="a"}': String((NOW_MS - 3000) / 1000),
    'streamer_event_lag_seconds{topic="a"}': '-0.025',
    'streamer_write_latency_seconds_bucket{topic="a",le="0.01"}': '1',
    'streamer_write_latency_seconds_bucket{topic="a",le="0.05"}': '1',
    'streamer_write_latency_seconds_bucket{topic="a",le="0.1"}': '3',
    'streamer_write_latency_seconds_bucket{topic="a",le="0.2"}': '43',
    'streamer_write_latency_seconds_bucket{topic="a",le="0.25"}': '48',
    'streamer_write_latency_seconds_bucket{topic="a",le="0.5"}': '48',
    'streamer_write_latency_seconds_bucket{topic="a",le="1"}': '49',
    'streamer_write_latency_seconds_bucket{topic="a",le="5"}': '49',
    'streamer_write_latency_seconds_bucket{topic="a",le="+Inf"}': '50',
    'streamer_write_latency_seconds_sum{topic="a"}': '16.25',
    'streamer_write_latency_seconds_count{topic="a"}': '50',
    'streamer_process_resident_memory_bytes{role="supervisor",process="supervisor"}': '60000000',
    'streamer_process_resident_memory_bytes{role="capture",process="a and 1 more"}': '40000000',
    'streamer_process_cpu_ratio{role="supervisor",process="supervisor"}': '0.01',
    'streamer_process_cpu_ratio{role="capture",process="a and 1 more"}': '0.5',
  });
});

test('what is not known of a topic is not told, and a topic that is not live or silent says so', async () => {
  const nothing = { last_message_at_ms: null, event_lag_ms: null };
  const topics = [
    topicStatus('a', { ...nothing, state: 'waiting' }),
    topicStatus('b', { silent_since_ms: NOW_MS - 1000 }),
  ];
  const told = await series(statusDocument(topics), [], new Map());
  expect(told).toMatchObject({ 'streamer_live{topic="a"}': '0', 'streamer_silent{topic="b"}': '1' });
  expect(told).not.toHaveProperty(['streamer_last_message_timestamp_seconds{topic="a"}']);
  expect(told).not.toHaveProperty(['streamer_event_lag_seconds{topic="a"}']);
  expect(told).not.toHaveProperty('streamer_last_reload_successful');
});

test('a topic that was removed is told of no longer, and two scrapes at once do not meet', async () => {
  const both = statusDocument([topicStatus('a'), topicStatus('b')]);
  const latencies = new Map([
    ['a', LATENCY],
    ['b', LATENCY],
  ]);
  const [before, after] = await Promise.all([
    series(both, PROCESSES, latencies),
    series(statusDocument([topicStatus('b')]), [], new Map([['b', LATENCY]])),
  ]);
  expect(Object.keys(before).filter((name) => name.includes('topic="a"')).length).toBeGreaterThan(20);
  expect(Object.keys(after).join('\n')).not.toMatch(/topic="a"|process="a/);
  expect(after['streamer_messages_total{topic="b"}']).toBe('1000');
});

test('the content type names the version of the format', async () => {
  const { content_type } = await renderMetrics(statusDocument([]), [], new Map());
  expect(content_type).toBe('text/plain; version=0.0.4; charset=utf-8');
});

test('a thousand topics, a process each, are rendered in tens of milliseconds', async () => {
  const names = Array.from({ length: 1_000 }, (_, i) => `linear-orderbook.50.COIN${i}USDT`);
  const status = statusDocument(names.map((name) => topicStatus(name, { event_lag_ms: 5 })));
  const latencies = new Map(names.map((name) => [name, LATENCY]));
  const capture = { pid: 2, role: 'capture', topics: [], memory_bytes: 40e6, cpu_share: 0.1 } as const;
  const processes = names.map((name) => ({ ...capture, name }));
  const took_ms: number[] = [];
  for (let i = 0; i < 8; i += 1) {
    const before = process.cpuUsage();
    await renderMetrics(status, processes, latencies);
    const { user, system } = process.cpuUsage(before);
    took_ms.push((user + system) / 1000);
  }
  // Of the processor's time, because the machine may be busy. About 50 ms once the code is warm, and half of that again
  // for what is collected meanwhile.
  expect(Math.min(...took_ms)).toBeLessThan(200);
});
