// Promises about telling a connection's topics apart: no message of the recordings goes to a wrong one, most of them
// by their beginning alone, and forms that are in no recording are understood as the exchanges document them.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Router } from '../../src/capture/router.js';
import { classify } from '../../src/shared/protocol-speech.js';
import { resolveProtocol } from '../../src/shared/protocols/index.js';
import { beginningsOf, marksOf } from '../../src/shared/topic-names.js';
import { with_recordings } from '../testing/recorded.js';
import { messagesOf, RECORDED, topicsOf } from '../testing/recorded-topics.js';

const presetOf = (name: string) => resolveProtocol(name, 'ws://x');

/** How many in a hundred of the topics' data are told by their beginning. */
const BEGUN_PERCENT: Readonly<Record<string, number>> = {
  'bybit-v5-linear-2026': 100,
  'binance-usdm-btcusdt-2024': 100,
  'okx-v5-2022': 100,
  // Tickers and matches have a number before the product.
  'coinbase-exchange-2021': 98,
  'deribit-2021': 100,
  // Trades, quotes and the first of each table have something before the symbol.
  'bitmex-2021': 91,
  'htx-gzip-2021': 100,
  'bitfinex-2021': 100,
};

describe.runIf(with_recordings)('on one connection', () => {
  test.each(RECORDED)('each message of $file is of its topic, and most need no second look', (recorded) => {
    const protocol = presetOf(recorded.preset);
    const topics = topicsOf(recorded);
    expect(topics.length).toBeGreaterThan(2);
    const router = new Router(protocol, topics);
    const data = { all: 0, begun: 0 };
    for (const { line, topic } of messagesOf(recorded)) {
      const bytes = Buffer.from(`x${line}x`);
      const begun = router.begin(bytes, 1, bytes.length - 1);
      if (begun !== -1) expect(topics[begun], line).toBe(topic);
      const found = router.find(Buffer.from(line));
      expect(found === -1 ? null : topics[found], line).toBe(topic);
      if (topic === null || classify(protocol, line).means !== 'other') continue;
      data.all += 1;
      if (begun !== -1) data.begun += 1;
    }
    expect(Math.round((data.begun / data.all) * 100)).toBe(BEGUN_PERCENT[recorded.file]);
  });

  test.each(RECORDED)('the topics of $file have no mark in common', (recorded) => {
    const topics = topicsOf(recorded);
    const marks = topics.map((topic) => marksOf(presetOf(recorded.preset), topic));
    expect(marks.every((of_one) => of_one.length > 0)).toBe(true);
    expect(new Set(marks.flat()).size).toBe(marks.flat().length);
  });
});

/** Where nothing was recorded: topics, and the data of one of them as the exchange documents it. */
const DOCUMENTED: readonly [
  preset: string,
  topics: string[],
  topic: string | null,
  fast: boolean,
  data: string,
][] = [
  [
    'binance',
    ['a@depth', 'a@depth@100ms'],
    'a@depth',
    true,
    '{"stream":"a@depth","data":{"e":"depthUpdate"}}',
  ],
  ['binance-usdm', ['a@trade', '!bookTicker'], '!bookTicker', true, '{"stream":"!bookTicker","data":{}}'],
  ['okx', ['books:A', 'books5:A'], 'books5:A', true, '{"arg":{"channel":"books5","instId":"A"},"data":[]}'],
  ['okx', ['books:A', 'books5:A'], 'books:A', false, '{"arg":{"instId":"A","channel":"books"},"data":[]}'],
  [
    'kraken',
    ['trade:A/B', 'book:A/B'],
    'book:A/B',
    true,
    '{"channel":"book","type":"snapshot","data":[{"symbol":"A/B"}]}',
  ],
  [
    'kraken',
    ['trade:A/B', 'trade:C/D'],
    'trade:C/D',
    true,
    '{"channel":"trade","type":"update","data":[{"symbol":"C/D"}]}',
  ],
  [
    'kraken',
    ['trade:A/B', 'trade:C/D'],
    'trade:C/D',
    false,
    '{"channel":"trade","type":"update","data":[{"side":"buy","symbol":"C/D"}]}',
  ],
  ['kraken', ['trade:A/B'], null, false, '{"channel":"heartbeat"}'],
  [
    'bitget',
    ['SPOT:trade:A', 'USDT-FUTURES:trade:A'],
    'SPOT:trade:A',
    true,
    '{"action":"update","arg":{"instType":"SPOT","channel":"trade","instId":"A"},"data":[]}',
  ],
  [
    'bitmex',
    ['trade:A', 'quote:A'],
    'quote:A',
    false,
    '{"table":"quote","action":"partial","keys":[],"filter":{"symbol":"A"},"data":[]}',
  ],
  [
    'bitmex',
    ['trade:A', 'quote:A'],
    null,
    false,
    '{"table":"trade","action":"insert","data":[{"symbol":"B"}]}',
  ],
  [
    'coinbase-exchange',
    ['full:A', 'ticker:A'],
    'full:A',
    false,
    '{"type":"open","side":"buy","product_id":"A"}',
  ],
  [
    'coinbase-exchange',
    ['matches:A', 'ticker:A'],
    'matches:A',
    false,
    '{"type":"last_match","trade_id":1,"product_id":"A"}',
  ],
  [
    'coinbase-advanced',
    ['level2:A', 'ticker:A'],
    'level2:A',
    false,
    '{"channel":"l2_data","events":[{"type":"update","product_id":"A","updates":[]}]}',
  ],
  [
    'coinbase-advanced',
    ['ticker:A', 'ticker:B'],
    'ticker:B',
    false,
    '{"channel":"ticker","events":[{"type":"update","tickers":[{"product_id":"B"}]}]}',
  ],
  [
    'coinbase-advanced',
    ['market_trades:A', 'candles:A'],
    'market_trades:A',
    false,
    '{"channel":"market_trades","events":[{"trades":[{"product_id":"A"}]}]}',
  ],
  [
    'coinbase-advanced',
    ['market_trades:A', 'candles:A'],
    'candles:A',
    false,
    '{"channel":"candles","events":[{"candles":[{"product_id":"A"}]}]}',
  ],
  [
    'gate',
    ['spot.trades:A_B', 'spot.tickers:A_B'],
    'spot.trades:A_B',
    false,
    '{"time":1,"channel":"spot.trades","event":"update","result":{"currency_pair":"A_B"}}',
  ],
  [
    'gate',
    ['spot.order_book_update:A_B:100ms', 'spot.book_ticker:A_B'],
    'spot.order_book_update:A_B:100ms',
    false,
    '{"channel":"spot.order_book_update","result":{"s":"A_B"}}',
  ],
  [
    'gate',
    ['spot.candlesticks:1m:A_B', 'spot.candlesticks:5m:A_B'],
    'spot.candlesticks:5m:A_B',
    false,
    '{"channel":"spot.candlesticks","result":{"n":"5m_A_B"}}',
  ],
  [
    'hyperliquid',
    ['trades:A', 'trades:B', 'allMids'],
    'trades:B',
    true,
    '{"channel":"trades","data":[{"coin":"B"}]}',
  ],
  ['hyperliquid', ['l2Book:A', 'bbo:A'], 'bbo:A', true, '{"channel":"bbo","data":{"coin":"A"}}'],
  [
    'hyperliquid',
    ['candle:A:1m', 'candle:A:5m'],
    'candle:A:5m',
    false,
    '{"channel":"candle","data":{"t":1,"s":"A","i":"5m"}}',
  ],
  ['hyperliquid', ['trades:A', 'allMids'], 'allMids', false, '{"channel":"allMids","data":{"mids":{}}}'],
];

test.each(DOCUMENTED)('%s: of %j it is %s', (name, topics, topic, fast, data) => {
  const router = new Router(presetOf(name), topics);
  const bytes = Buffer.from(data);
  const begun = router.begin(bytes, 0, bytes.length);
  expect([topics[begun] ?? null, topics[router.find(bytes)] ?? null]).toEqual([fast ? topic : null, topic]);
});

const said = (router: Router, text: string): string | null => router.topic(router.find(Buffer.from(text)));

test('a value that is bound tells the topic by the beginning, until the connection is another', () => {
  const router = new Router(presetOf('bitfinex'), ['book:tA/P0/F0/100', 'trades:tA', 'book:tA']);
  const bind = (symbol: string, chanId: number, more: object = {}) =>
    said(router, JSON.stringify({ event: 'subscribed', channel: 'trades', chanId, symbol, ...more }));
  expect(said(router, '[23,"hb"]')).toBeNull();
  expect(bind('tA', 23)).toBe('trades:tA');
  expect(bind('tX', 24)).toBeNull();
  expect(bind('tA', 2, { channel: 'book', prec: 'P0', freq: 'F0', len: '100' })).toBe('book:tA/P0/F0/100');
  expect(bind('tA', 5, { channel: 'book', prec: 'P0', freq: 'F0', len: '25' })).toBe('book:tA');
  const begun = (text: string) => router.topic(router.begin(Buffer.from(text), 0, text.length));
  expect(['[23,"hb"]', '[2,[1]]', '[5,[1]]', '[24,1]', '[235,1]'].map(begun)).toEqual([
    'trades:tA',
    'book:tA/P0/F0/100',
    'book:tA',
    null,
    null,
  ]);
  expect(said(router, '[ 23 , "hb" ]')).toBe('trades:tA');
  expect([router.bound(1), router.bound(0)]).toEqual(['23', '2']);
  router.forget();
  expect([said(router, '[23,"hb"]'), begun('[23,"hb"]'), router.bound(1)]).toEqual([null, null, null]);
});

test('topics come and go, and a number is never given again', () => {
  const router = new Router(presetOf('bybit'), ['a', 'b']);
  router.remove(0);
  router.remove(0);
  router.remove(7);
  expect(router.add('c')).toBe(2);
  expect(router.add('a')).toBe(3);
  expect(['a', 'b', 'c', 'd'].map((topic) => router.find(Buffer.from(`{"topic":"${topic}"}`)))).toEqual([
    3, 1, 2, -1,
  ]);
  expect([router.topic(0), router.topic(3), router.topic(9)]).toEqual([null, 'a', null]);
});

test('what is bound to a topic that was taken away is bound no longer', () => {
  const router = new Router(presetOf('bitfinex'), ['trades:tA']);
  said(router, '{"event":"subscribed","channel":"trades","symbol":"tA","chanId":3}');
  router.remove(0);
  router.add('trades:tA');
  const data = Buffer.from('[3,1]');
  expect([router.begin(data, 0, data.length), router.find(data)]).toEqual([-1, -1]);
});

test('of two topics that cannot be told apart the first is named', () => {
  const router = new Router(presetOf('coinbase-exchange'), ['full:A', 'matches:A']);
  expect(said(router, '{"type":"match","trade_id":1,"product_id":"A"}')).toBe('full:A');
});

test('a rule is for messages of its own kind', () => {
  const names = [{ when: { kind: 'data' }, is: { of: '{topic}' } }];
  const router = new Router({ ...presetOf('none'), names }, ['a']);
  expect(said(router, '{"kind":"data","of":"a"}')).toBe('a');
  expect(said(router, '{"kind":"notice","of":"a"}')).toBeNull();
});

test('a protocol that names nothing tells nothing, and nothing that comes makes it throw', () => {
  const router = new Router(presetOf('none'), ['a', 'b']);
  for (const text of ['', '{"a":1}', '[', 'null', '5', '"a"'])
    expect(router.find(Buffer.from(text))).toBe(-1);
});

test('any topic and any message: the beginning tells what a loop over all beginnings tells', () => {
  const presets = RECORDED.map(({ preset }) => presetOf(preset));
  const word = fc.oneof(fc.constantFrom('A', 'AB', 'B', 'trade'), fc.string({ minLength: 1, maxLength: 4 }));
  fc.assert(
    fc.property(
      fc.constantFrom(...presets),
      fc.uniqueArray(fc.tuple(word, word), { minLength: 1 }),
      fc.string(),
      fc.nat(),
      (protocol, words, rest, pick) => {
        const topics = words.map(([a, b]) => `${a}:${b}`);
        const router = new Router(protocol, topics);
        const begins = topics.flatMap((topic, i) =>
          beginningsOf(protocol, topic).map((text) => [text, i] as const),
        );
        const [text = ''] = begins[pick % Math.max(1, begins.length)] ?? [];
        for (const whole of [text + rest, text.slice(0, -1) + rest, rest]) {
          const fits = begins.filter(([begin]) => whole.startsWith(begin));
          const [longest] = fits.toSorted(([a], [b]) => b.length - a.length);
          const bytes = Buffer.from(`{${whole}`);
          expect(router.begin(bytes, 1, bytes.length)).toBe(longest?.[1] ?? -1);
          router.find(Buffer.from(whole));
        }
      },
    ),
  );
});
