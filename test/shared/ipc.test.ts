// Promises about what the supervisor believes of a child: a report, a record or an ask in full, or nothing.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Report, readFromCapture } from '../../src/shared/ipc.js';

const report: Report = {
  type: 'report',
  state: 'live',
  since_ms: 1_700_000_000_000,
  messages: 5,
  bytes: 500,
  last_message_at_ms: 1_700_000_000_001,
  buffered: 1,
  dropped: 0,
  reconnects: 2,
  gaps: 0,
  memory_bytes: 40_000_000,
  file: '/data/a_1699999200.jsonl',
  error: 'The disk is full',
};

const record = { type: 'log', at_ms: 5, level: 'warn', message: 'Lost the connection' } as const;

test('a report and a log record are read as they are', () => {
  expect(readFromCapture(report)).toEqual(report);
  const quiet = { ...report, last_message_at_ms: null, file: null, error: null };
  expect(readFromCapture(quiet)).toEqual(quiet);
  expect(readFromCapture(record)).toEqual(record);
});

test('a report with any field missing or of the wrong kind is nothing', () => {
  for (const key of Object.keys(report)) {
    const { [key as keyof Report]: _, ...rest } = report;
    expect(readFromCapture(rest)).toBeNull();
    for (const wrong of [true, {}, -1, 1.5, Number.NaN, 2 ** 53]) {
      expect(readFromCapture({ ...report, [key]: wrong })).toBeNull();
    }
  }
});

test('a record with any field missing or of the wrong kind is nothing', () => {
  for (const key of Object.keys(record)) {
    for (const wrong of [undefined, null, true, {}, -1, 1.5]) {
      expect(readFromCapture({ ...record, [key]: wrong })).toBeNull();
    }
  }
  expect(readFromCapture({ ...record, level: 'fatal' })).toBeNull();
});

const ask = { type: 'ask', id: 1, kind: 'connect', count: 1, down_since_ms: 1_700_000_000_000 } as const;

test('an ask, and what becomes of it, are read as they are, without what does not belong to them', () => {
  expect(readFromCapture({ ...ask, host: 'wss://elsewhere' })).toEqual(ask);
  expect(readFromCapture({ ...ask, kind: 'request', count: 10_000, down_since_ms: 0 })).not.toBeNull();
  for (const type of ['went', 'cancel']) expect(readFromCapture({ ...ask, type })).toEqual({ type, id: 1 });
});

test('an ask with any field missing or of the wrong kind is nothing', () => {
  for (const key of Object.keys(ask)) {
    for (const wrong of [undefined, null, true, {}, -1, 1.5, 2 ** 53, Number.NaN, '1', '__proto__']) {
      expect(readFromCapture({ ...ask, [key]: wrong })).toBeNull();
    }
  }
  expect(readFromCapture({ ...ask, count: 0 })).toBeNull();
  expect(readFromCapture({ ...ask, count: 10_001 })).toBeNull();
  expect(readFromCapture({ type: 'went' })).toBeNull();
});

test('an instant that no Date can hold is nothing', () => {
  expect(readFromCapture({ ...record, at_ms: 8.64e15 + 1 })).toBeNull();
  expect(readFromCapture({ ...report, since_ms: 8.64e15 + 1 })).toBeNull();
  expect(readFromCapture({ ...ask, down_since_ms: 8.64e15 + 1 })).toBeNull();
  expect(readFromCapture({ ...report, last_message_at_ms: 8.64e15 + 1 })).toBeNull();
});

test("a server's words come on one line of a bounded length, without what could steer a terminal", () => {
  const words = `first\r\nsecond\u001b[31m${'x'.repeat(10_000)}`;
  const messages = [
    (readFromCapture({ ...record, message: words }) as typeof record | null)?.message,
    (readFromCapture({ ...report, error: words }) as Report | null)?.error,
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
