// Promises about marks: which topics can be told apart on one connection, and which cannot.

import { expect, test } from 'vitest';
import { PRESETS, resolveProtocol } from '../../src/shared/protocols/index.js';
import { beginningsOf, marksOf } from '../../src/shared/topic-names.js';

const marks = (name: string, topic: string) => marksOf(resolveProtocol(name, 'ws://x'), topic);
const clash = (name: string, a: string, b: string) =>
  marks(name, a).some((mark) => marks(name, b).includes(mark));

test("each preset's example can share a connection, but for `none`, where no message names a topic", () => {
  for (const { name, example } of PRESETS)
    expect(marks(name, example).length > 0, name).toBe(name !== 'none');
});

test.each([
  // Both are told by `match`.
  ['coinbase-exchange', 'full:BTC-USD', 'matches:BTC-USD'],
  ['coinbase-exchange', 'level2:BTC-USD', 'level2_batch:BTC-USD'],
  // The messages do not say how often they come.
  ['gate', 'spot.order_book_update:BTC_USDT:100ms', 'spot.order_book_update:BTC_USDT:20ms'],
  ['bybit', 'kline.1.BTCUSDT', 'kline.1.BTCUSDT'],
])('%s: %s and %s cannot be told apart', (name, a, b) => {
  expect(clash(name, a, b)).toBe(true);
});

test.each([
  ['coinbase-exchange', 'full:BTC-USD', 'matches:ETH-USD'],
  ['coinbase-advanced', 'ticker:BTC-USD', 'ticker_batch:BTC-USD'],
  ['gate', 'spot.candlesticks:1m:BTC_USDT', 'spot.candlesticks:1m:ETH_USDT'],
  ['hyperliquid', 'trades:BTC', 'trades:ETH'],
  ['hyperliquid', 'candle:BTC:1m', 'candle:BTC:5m'],
  ['bitfinex', 'book:tBTCUSD/P0/F0/100', 'book:tBTCUSD/P1/F0/100'],
])('%s: %s and %s can', (name, a, b) => {
  expect(clash(name, a, b)).toBe(false);
});

test('a topic that no message names has no mark: it shares no connection', () => {
  // Of all symbols, so that each message names another topic.
  expect(marks('bitmex', 'trade')).toEqual([]);
  expect(marks('gate', 'spot.unheard_of:BTC_USDT')).toEqual([]);
});

test('a beginning has the parts as JSON writes them', () => {
  expect(beginningsOf(resolveProtocol('bybit', 'ws://x'), 'a"\\\n')).toEqual(['{"topic":"a\\"\\\\\\n"']);
});

test('a beginning that leaves out a part of the topic is none of its', () => {
  expect(beginningsOf(resolveProtocol('hyperliquid', 'ws://x'), 'candle:BTC:1m')).toEqual([]);
  expect(beginningsOf(resolveProtocol('hyperliquid', 'ws://x'), 'bbo:BTC')).toHaveLength(2);
});
