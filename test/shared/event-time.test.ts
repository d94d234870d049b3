// Promises about the time that a message states: each unit is read, the first place that holds one counts, and what is
// no time is none.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { eventTimeIn } from '../../src/shared/event-time.js';
import type { EventTime } from '../../src/shared/protocol.js';
import { PRESETS } from '../../src/shared/protocols/index.js';

const AT_MS = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const placesOf = (name: string) => PRESETS.find((preset) => preset.name === name)?.event_time ?? [];

test.each([
  ['s', AT_MS / 1000],
  ['ms', AT_MS],
  ['us', AT_MS * 1000],
  ['ns', AT_MS * 1_000_000],
] as const)('a time in %s is read as a number and as text', (unit, value) => {
  for (const ts of [value, String(value)]) {
    expect(eventTimeIn(JSON.stringify({ a: [{ ts }] }), [{ at: 'a.0.ts', unit }])).toBeCloseTo(AT_MS, 1);
  }
});

test('a date is read with any number of digits after the second', () => {
  for (const digits of ['678', '678000', '678000321']) {
    const text = JSON.stringify({ time: `2026-01-02T03:04:05.${digits}Z` });
    expect(eventTimeIn(text, [{ at: 'time', unit: 'iso' }])).toBe(AT_MS);
  }
});

test('the first place that holds a time counts, of those that are for such messages', () => {
  const places: readonly EventTime[] = [
    { at: 'end', unit: 'ms', when: { type: 'candle' } },
    { at: 'data.E', unit: 'ms' },
    { at: 'E', unit: 'ms' },
  ];
  const timeIn = (message: object) => eventTimeIn(JSON.stringify(message), places);
  expect(timeIn({ E: 3 })).toBe(3);
  expect(timeIn({ E: 3, data: { E: 2 } })).toBe(2);
  expect(timeIn({ E: 3, end: 1 })).toBe(3);
  expect(timeIn({ E: 3, end: 1, type: 'candle' })).toBe(1);
});

test('what is no time is none', () => {
  for (const ts of [null, true, '', 'soon', {}, [5], 1e300, -1e300]) {
    expect(eventTimeIn(JSON.stringify({ ts }), [{ at: 'ts', unit: 'ms' }])).toBeNull();
  }
  for (const ts of [0, '0', ' ', '\n', -5, '-5', 1_800_000_000_000 * 1e6, 'NaN', 'Infinity']) {
    expect(eventTimeIn(JSON.stringify({ ts }), [{ at: 'ts', unit: 'ms' }])).toBeNull();
  }
  for (const ts of [5, '0001-01-01T00:00:00Z', '1970-01-01T00:00:00Z', '2026-13-01T00:00:00Z', '', null]) {
    expect(eventTimeIn(JSON.stringify({ ts }), [{ at: 'ts', unit: 'iso' }])).toBeNull();
  }
  for (const text of ['', 'pong', '{"ts":5', '5', '"5"', 'null']) {
    expect(eventTimeIn(text, [{ at: 'ts', unit: 'ms' }])).toBeNull();
  }
});

test('nothing that a server sends throws', () => {
  const places = PRESETS.flatMap((preset) => preset.event_time);
  fc.assert(
    fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
      eventTimeIn(text, places);
    }),
  );
});

// As the exchanges document it; those that were recorded are held to that in presets.test.ts.
const iso = new Date(AT_MS).toISOString();
test.each([
  ['binance', { e: 'trade', E: AT_MS, s: 'BTCUSDT' }],
  ['coinbase-advanced', { channel: 'market_trades', timestamp: iso, sequence_num: 0, events: [] }],
  ['kraken', { channel: 'trade', type: 'update', data: [{ symbol: 'BTC/USD', timestamp: iso }] }],
  [
    'kraken',
    { channel: 'ohlc', type: 'update', timestamp: iso, data: [{ timestamp: '2026-01-02T03:05:00Z' }] },
  ],
  ['bitget', { action: 'update', arg: {}, data: [], ts: AT_MS }],
  ['deribit', { method: 'subscription', params: { channel: 'trades.x', data: [{ timestamp: AT_MS }] } }],
  ['gate', { time: 1, time_ms: AT_MS, channel: 'spot.trades', event: 'update', result: {} }],
  ['hyperliquid', { channel: 'trades', data: [{ coin: 'BTC', time: AT_MS }] }],
  ['hyperliquid', { channel: 'l2Book', data: { coin: 'BTC', time: AT_MS, levels: [] } }],
  ['bitfinex', [17, 'te', [401, AT_MS, 0.5, 100]]],
])('%s states its time where its documentation says', (name, message) => {
  expect(eventTimeIn(JSON.stringify(message), placesOf(name))).toBe(AT_MS);
});

test.each([
  ['kraken', { channel: 'trade', type: 'snapshot', data: [{ symbol: 'BTC/USD', timestamp: iso }] }],
  ['bitmex', { table: 'trade', action: 'partial', data: [{ timestamp: iso }] }],
  ['bitfinex', [17, [100, 2, 0.5]]],
  ['bitfinex', [17, 'hb']],
])("%s's old trades and what has no time tell no lag: %j", (name, message) => {
  expect(eventTimeIn(JSON.stringify(message), placesOf(name))).toBeNull();
});
