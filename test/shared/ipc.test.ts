// Promises about what the supervisor believes of a child: a report, a record or an ask in full, or nothing.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Report, readFromCapture, type TopicReport } from '../../src/shared/ipc.js';

const topic: TopicReport = {
  name: 'a',
  run: 1,
  state: 'live',
  since_ms: 1_700_000_000_000,
  messages: 5,
  bytes: 500,
  last_message_at_ms: 1_700_000_000_001,
  silent_since_ms: 1_700_000_000_002,
  buffered: 1,
  dropped: 0,
  reconnects: 2,
  gaps: 0,
  gap_ms: 1_500,
  event_lag_ms: 12,
  write_ms: { counts: [1, 2, 3, 4, 5, 6, 7, 8, 9], sum_ms: 12_345 },
  write_ms_max: 6_000,
  file: '/data/a_1699999200.jsonl',
  error: 'The disk is full',
};

const reportOf = (...topics: unknown[]) => ({
  type: 'report',
  memory_bytes: 40_000_000,
  cpu_ms: 1_234,
  topics,
});

const record = { type: 'log', name: 'a', at_ms: 5, level: 'warn', message: 'Lost the connection' } as const;

test('a report and a log record are read as they are', () => {
  const quiet = {
    ...topic,
    last_message_at_ms: null,
    silent_since_ms: null,
    event_lag_ms: null,
    file: null,
    error: null,
  };
  const report = reportOf(topic, quiet);
  expect(readFromCapture(report)).toEqual(report);
  expect(readFromCapture(reportOf())).toEqual(reportOf());
  expect(readFromCapture(record)).toEqual(record);
  expect(readFromCapture({ ...record, name: null })).toEqual({ ...record, name: null });
});

test('a report with any field missing or of the wrong kind is nothing', () => {
  for (const key of Object.keys(topic)) {
    const { [key as keyof TopicReport]: _, ...rest } = topic;
    expect(readFromCapture(reportOf(topic, rest))).toBeNull();
    for (const wrong of [true, {}, -1, 1.5, Number.NaN, 2 ** 53]) {
      // A clock may be ahead of ours.
      if (key === 'event_lag_ms' && wrong === -1) continue;
      expect(readFromCapture(reportOf(topic, { ...topic, [key]: wrong }))).toBeNull();
    }
  }
  for (const wrong of [undefined, null, -1, 'x', {}]) {
    expect(readFromCapture({ ...reportOf(topic), memory_bytes: wrong })).toBeNull();
    expect(readFromCapture({ ...reportOf(topic), cpu_ms: wrong })).toBeNull();
    expect(readFromCapture({ ...reportOf(topic), topics: wrong })).toBeNull();
    expect(readFromCapture(reportOf(topic, wrong))).toBeNull();
  }
});

test('a histogram that has not each of its counts is none', () => {
  const { counts } = topic.write_ms;
  for (const wrong of [
    counts.slice(1),
    [...counts, 1],
    [...counts.slice(1), -1],
    [...counts.slice(1), '1'],
    {},
  ]) {
    expect(readFromCapture(reportOf({ ...topic, write_ms: { counts: wrong, sum_ms: 1 } }))).toBeNull();
  }
  expect(readFromCapture(reportOf({ ...topic, write_ms: { counts, sum_ms: -1 } }))).toBeNull();
});

test('a record with any field missing or of the wrong kind is nothing', () => {
  for (const key of Object.keys(record)) {
    for (const wrong of [undefined, true, {}, -1, 1.5]) {
      expect(readFromCapture({ ...record, [key]: wrong })).toBeNull();
    }
  }
  expect(readFromCapture({ ...record, level: 'fatal' })).toBeNull();
});

const ask = {
  type: 'ask',
  id: 1,
  name: 'a',
  kind: 'connect',
  count: 1,
  down_since_ms: 1_700_000_000_000,
} as const;

test('an ask, and what becomes of it, are read as they are, without what does not belong to them', () => {
  expect(readFromCapture({ ...ask, host: 'wss://elsewhere' })).toEqual(ask);
  expect(readFromCapture({ ...ask, kind: 'request', count: 10_000, down_since_ms: 0 })).not.toBeNull();
  for (const type of ['went', 'cancel']) expect(readFromCapture({ ...ask, type })).toEqual({ type, id: 1 });
});

test('an ask with any field missing or of the wrong kind is nothing', () => {
  for (const key of Object.keys(ask)) {
    for (const wrong of [undefined, null, true, {}, -1, 1.5, 2 ** 53, Number.NaN]) {
      expect(readFromCapture({ ...ask, [key]: wrong })).toBeNull();
    }
  }
  for (const key of ['type', 'id', 'kind', 'count', 'down_since_ms']) {
    for (const wrong of ['1', '__proto__']) expect(readFromCapture({ ...ask, [key]: wrong })).toBeNull();
  }
  expect(readFromCapture({ ...ask, count: 0 })).toBeNull();
  expect(readFromCapture({ ...ask, count: 10_001 })).toBeNull();
  expect(readFromCapture({ type: 'went' })).toBeNull();
});

test('an instant that no Date can hold is nothing', () => {
  expect(readFromCapture({ ...record, at_ms: 8.64e15 + 1 })).toBeNull();
  expect(readFromCapture({ ...ask, down_since_ms: 8.64e15 + 1 })).toBeNull();
  expect(readFromCapture(reportOf({ ...topic, since_ms: 8.64e15 + 1 }))).toBeNull();
  expect(readFromCapture(reportOf({ ...topic, last_message_at_ms: 8.64e15 + 1 }))).toBeNull();
});

test("a server's words come on one line of a bounded length, without what could steer a terminal", () => {
  const words = `first\r\nsecond\u001b[31m${'x'.repeat(10_000)}`;
  const messages = [
    (readFromCapture({ ...record, message: words }) as typeof record | null)?.message,
    (readFromCapture(reportOf({ ...topic, error: words })) as Report | null)?.topics[0]?.error,
  ];
  for (const message of messages) {
    expect(message).toMatch(/^first second \[31mx+…$/);
    expect(message?.length).toBeLessThan(4100);
  }
});

test('nothing that a child sends throws', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.anything(), fc.record({ type: fc.constantFrom('log', 'report', 'ask', 'went', 'cancel') })),
      (value) => {
        readFromCapture(value);
      },
    ),
  );
});
