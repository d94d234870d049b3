// Promises about answers: whom they confirm and refuse where one connection asked for several topics, held against
// recorded acknowledgements; refusals are in no recording, and are made up as the exchanges document them.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Answer, type Pending, understand } from '../../src/capture/answers.js';
import { requestsFor } from '../../src/capture/requests.js';
import { Router } from '../../src/capture/router.js';
import type { Protocol } from '../../src/shared/protocol.js';
import { PRESETS, resolveProtocol } from '../../src/shared/protocols/index.js';
import { recordedLines, with_recordings } from '../testing/recorded.js';
import { RECORDED, requestsOf } from '../testing/recorded-topics.js';

const presetOf = (name: string) => resolveProtocol(name, 'ws://x');

/** A connection as far as its answers go: asked for the topics, in these requests. */
class Asked {
  readonly protocol: Protocol;
  readonly router: Router;
  pending: Pending[];
  readonly confirmed: string[] = [];
  readonly refused: string[] = [];

  constructor(protocol: Protocol, requests: readonly (readonly string[])[]) {
    this.protocol = protocol;
    const topics = [...new Set(requests.flat())];
    this.router = new Router(protocol, topics);
    let last = 0;
    this.pending = requests.flatMap((request) => {
      const asked = request.map((topic) => ({ number: topics.indexOf(topic), topic }));
      return requestsFor(protocol, 'subscribe', asked, { nextId: () => String(++last), now_ms: 0 });
    });
  }

  hear(message: object | string): Answer & { topics: Record<string, (string | null)[]> } {
    const text = typeof message === 'string' ? message : JSON.stringify(message);
    const answer = understand(this.protocol, this.router, Buffer.from(text), this.pending);
    const { confirmed, refused, split, request } = answer;
    const done = [...confirmed, ...refused, ...split];
    this.confirmed.push(...this.#texts(confirmed));
    this.refused.push(...this.#texts(refused));
    this.pending = this.pending
      .map(({ id, topics }, i) => ({
        id,
        topics: i === request ? topics.filter((topic) => !done.includes(topic)) : topics,
      }))
      .filter(({ topics }) => topics.length > 0);
    return {
      ...answer,
      topics: { confirmed: this.#texts(confirmed), refused: this.#texts(refused), split: this.#texts(split) },
    };
  }

  #texts(numbers: readonly number[]): string[] {
    return numbers.map((number) => this.router.topic(number) ?? '?');
  }
}

const meets = (name: string, ...requests: string[][]) => new Asked(presetOf(name), requests);

describe.runIf(with_recordings)('recorded', () => {
  test.each(RECORDED.filter(({ file }) => !file.startsWith('binance')))(
    'the answers of $file confirm all that was asked for, and nothing twice',
    (recorded) => {
      const connection = new Asked(presetOf(recorded.preset), requestsOf(recorded));
      const asked = requestsOf(recorded).flat().toSorted();
      // Their client numbered from 0.
      if (recorded.preset === 'deribit')
        connection.pending = connection.pending.map((p) => ({ ...p, id: '0' }));
      for (const line of recordedLines(recorded.file)) connection.hear(line);
      expect(connection.confirmed.toSorted()).toEqual(asked);
      expect(connection.refused).toEqual([]);
      expect(connection.pending).toEqual([]);
    },
  );
});

const NAMES_ONE: readonly [string, topics: [string, string], answer: (second: string) => object][] = [
  [
    'okx',
    ['trades:A-B', 'trades:C-D'],
    () => ({ event: 'subscribe', arg: { channel: 'trades', instId: 'C-D' } }),
  ],
  [
    'bitget',
    ['SPOT:trade:AB', 'SPOT:trade:CD'],
    () => ({ event: 'subscribe', arg: { instType: 'SPOT', channel: 'trade', instId: 'CD' } }),
  ],
  [
    'kraken',
    ['trade:A/B', 'trade:C/D'],
    () => ({ method: 'subscribe', req_id: 1, result: { channel: 'trade', symbol: 'C/D' }, success: true }),
  ],
  ['bitmex', ['trade:A', 'trade:B'], (topic) => ({ success: true, subscribe: topic, request: {} })],
  ['htx', ['market.a.trade.detail', 'market.b.trade.detail'], (subbed) => ({ status: 'ok', subbed })],
  [
    'hyperliquid',
    ['candle:A:1m', 'candle:A:5m'],
    () => ({
      channel: 'subscriptionResponse',
      data: { method: 'subscribe', subscription: { type: 'candle', coin: 'A', interval: '5m' } },
    }),
  ],
  [
    'gate',
    ['spot.trades:A_B', 'spot.trades:C_D'],
    () => ({ channel: 'spot.trades', event: 'subscribe', payload: ['C_D'], result: { status: 'success' } }),
  ],
  [
    'bitfinex',
    ['trades:tA', 'trades:tB'],
    () => ({ event: 'subscribed', channel: 'trades', chanId: 5, symbol: 'tB', pair: 'B' }),
  ],
];

test.each(NAMES_ONE)(
  '%s: an acknowledgement that names the second topic confirms that',
  (name, topics, answer) => {
    const connection = meets(name, topics);
    expect(connection.hear(answer(topics[1])).topics).toEqual({
      confirmed: [topics[1]],
      refused: [],
      split: [],
    });
    expect(connection.pending.flatMap((request) => request.topics)).toEqual([0]);
    // Once more, of a topic that waits for nothing: it is not the other's.
    expect(connection.hear({ ...answer(topics[1]), req_id: undefined }).request).toBe(-1);
  },
);

const REFUSES_ONE: readonly [string, topics: string[], answer: object][] = [
  [
    'okx',
    ['trades:A-B', 'trades:C-D'],
    { event: 'error', code: '60018', msg: "Wrong URL or channel:trades,instId:C-D doesn't exist." },
  ],
  [
    'bitget',
    ['SPOT:trade:AB', 'SPOT:trade:CD'],
    { event: 'error', arg: { instType: 'SPOT', channel: 'trade', instId: 'CD' }, code: 30001, msg: 'no' },
  ],
  [
    'kraken',
    ['trade:A/B', 'trade:C/D'],
    { method: 'subscribe', success: false, req_id: 1, error: 'Currency pair not supported', symbol: 'C/D' },
  ],
  [
    'bitmex',
    ['trade:A', 'trade:B'],
    { status: 400, error: 'Unknown symbol: trade:B', request: { args: ['trade:A', 'trade:B'] } },
  ],
  [
    'htx',
    ['market.a.trade.detail', 'market.b.trade.detail'],
    { status: 'error', id: '2', 'err-msg': 'invalid topic' },
  ],
  [
    'hyperliquid',
    ['trades:A', 'trades:B'],
    { channel: 'error', data: 'Invalid subscription {"type":"trades","coin":"B"}' },
  ],
  [
    'gate',
    ['spot.trades:A_B', 'spot.trades:C_D'],
    { channel: 'spot.trades', event: 'subscribe', payload: ['C_D'], error: { code: 2, message: 'unknown' } },
  ],
  [
    'bitfinex',
    ['trades:tA', 'trades:tB'],
    { event: 'error', msg: 'symbol: invalid', code: 10300, channel: 'trades', symbol: 'tB' },
  ],
];

test.each(REFUSES_ONE)(
  '%s: a refusal that names the second topic leaves the first waiting',
  (name, topics, answer) => {
    const connection = meets(name, topics);
    expect(connection.hear(answer).topics).toEqual({ confirmed: [], refused: [topics[1]], split: [] });
    expect(connection.pending.flatMap((request) => request.topics)).toEqual([0]);
  },
);

test('one answer for the whole request confirms all of it: by its id, else the oldest', () => {
  const bybit = meets('bybit', ['a', 'b'], ['c', 'd']);
  expect(bybit.hear({ success: true, op: 'subscribe', req_id: '2' }).topics.confirmed).toEqual(['c', 'd']);
  expect(bybit.hear({ success: true, op: 'subscribe', req_id: '' }).topics.confirmed).toEqual(['a', 'b']);
  expect(bybit.hear({ success: true, op: 'subscribe', req_id: '' }).request).toBe(-1);
  expect(meets('binance', ['a@trade', 'b@trade']).hear({ result: null, id: 1 }).confirmed).toEqual([0, 1]);
  expect(meets('binance', ['a@trade', 'b@trade']).hear({ result: null, id: 9 })).toMatchObject({
    request: -1,
    confirmed: [],
  });
});

test('a refused request that names none of its topics is to be split; of one topic it refuses that', () => {
  const bybit = meets('bybit', ['a', 'b'], ['c']);
  const refusal = { success: false, ret_msg: 'error:handler not found', op: 'subscribe' };
  expect(bybit.hear(refusal)).toMatchObject({ request: 0, split: [0, 1], words: 'error:handler not found' });
  expect(bybit.hear(refusal).topics).toEqual({ confirmed: [], refused: ['c'], split: [] });
  expect(bybit.hear(refusal)).toMatchObject({ means: 'refused', request: -1, refused: [], split: [] });
});

test('a request that is refused as a whole for one topic: the others are to be asked for again', () => {
  const answer = {
    success: false,
    ret_msg: 'error:handler not found,topic:kline.1.B',
    op: 'subscribe',
    req_id: '1',
  };
  expect(meets('bybit', ['kline.1.A', 'kline.1.B', 'kline.1.BB']).hear(answer).topics).toEqual({
    confirmed: [],
    refused: ['kline.1.B'],
    split: ['kline.1.A', 'kline.1.BB'],
  });
});

test.each([
  ['Unknown symbol: trade:XBTUSD', ['trade:XBTUSD']],
  ['trade:XBTUSD.', ['trade:XBTUSD']],
  ['Unknown symbol: trade:XBTUSD-P', ['trade:XBTUSD-P']],
  ['Unknown symbol: x-trade:XBTUSD', []],
  ['Unknown symbol: trade:XBTUSD.X', []],
  ['unknown', []],
])('a refusal mentions a topic by the whole of its name: %s', (error, refused) => {
  const bitmex = meets('bitmex', ['trade:XBTUSD', 'trade:XBTUSD-P']);
  expect(bitmex.hear({ status: 400, error }).topics.refused).toEqual(refused);
});

test('an acknowledgement without a part that the topic has names none; with one that it has not, another', () => {
  const kraken = meets('kraken', ['trade:A/B', 'trade:C/D']);
  expect(kraken.hear({ method: 'subscribe', result: { channel: 'trade' }, success: true }).confirmed).toEqual(
    [0],
  );
  const hyperliquid = meets('hyperliquid', ['candle:A'], ['candle:A:1m']);
  const subscription = { type: 'candle', coin: 'A', interval: '1m' };
  expect(
    hyperliquid.hear({ channel: 'subscriptionResponse', data: { method: 'subscribe', subscription } }).topics
      .confirmed,
  ).toEqual(['candle:A:1m']);
});

test('an answer may mean the same for the topics that it does not name', () => {
  const rule = { when: { failed: '*' }, topics: 'failed', others: 'refused' } as const;
  const connection = new Asked({ ...presetOf('bybit'), refuse: [rule] }, [['a', 'b', 'c']]);
  expect(connection.hear({ failed: ['b'] }).topics.refused).toEqual(['a', 'b', 'c']);
});

test("Bybit's options tell which topics failed; the others are confirmed", () => {
  const data = { failTopics: ['b'], successTopics: ['a', 'c'] };
  expect(meets('bybit', ['a', 'b', 'c']).hear({ success: false, type: 'COMMAND_RESP', data }).topics).toEqual(
    {
      confirmed: ['a', 'c'],
      refused: ['b'],
      split: [],
    },
  );
});

test('Deribit leaves out of its list what it does not know', () => {
  const deribit = () => meets('deribit', ['a', 'b', 'c']);
  const answer = (result: string[]) => deribit().hear({ jsonrpc: '2.0', id: 1, result }).topics;
  expect(answer(['c', 'a'])).toEqual({ confirmed: ['a', 'c'], refused: ['b'], split: [] });
  expect(answer([])).toEqual({ confirmed: [], refused: ['a', 'b', 'c'], split: [] });
  expect(deribit().hear({ id: 1, error: { code: -32602, message: 'Invalid params' } }).topics.split).toEqual([
    'a',
    'b',
    'c',
  ]);
});

test('Kraken may name a symbol by another name: then the id counts, one topic a message', () => {
  const kraken = meets('kraken', ['trade:XBT/USD', 'trade:ETH/USD'], ['book:XBT/USD']);
  const ack = {
    method: 'subscribe',
    req_id: 1,
    result: { channel: 'trade', symbol: 'BTC/USD' },
    success: true,
  };
  expect(kraken.hear(ack).topics.confirmed).toEqual(['trade:XBT/USD']);
  expect(kraken.hear(ack).topics.confirmed).toEqual(['trade:ETH/USD']);
});

test("Coinbase Advanced: a topic waits for its own answer and for the heartbeats'", () => {
  const coinbase = meets('coinbase-advanced', ['ticker:A', 'ticker:B']);
  expect(coinbase.pending.map(({ topics }) => topics)).toEqual([
    [0, 1],
    [0, 1],
  ]);
  coinbase.hear({ channel: 'subscriptions', events: [{ subscriptions: { ticker: ['A', 'B'] } }] });
  expect(coinbase.pending.map(({ topics }) => topics)).toEqual([[0, 1]]);
  coinbase.hear({ channel: 'subscriptions', events: [{ subscriptions: { heartbeats: ['heartbeats'] } }] });
  expect(coinbase.pending).toEqual([]);
});

test('a topic that was asked for twice is confirmed twice, in the order of the requests', () => {
  const okx = meets('okx', ['trades:A', 'trades:B'], ['trades:A', 'books:A']);
  const ack = { event: 'subscribe', arg: { channel: 'trades', instId: 'A' } };
  expect([okx.hear(ack), okx.hear(ack), okx.hear(ack)].map(({ request }) => request)).toEqual([0, 1, -1]);
  expect(okx.confirmed).toEqual(['trades:A', 'trades:A']);
});

test('what is no answer touches no request', () => {
  const bybit = meets('bybit', ['a', 'b']);
  for (const message of [{ topic: 'a' }, { op: 'pong' }, 'pong', '', '[1]', '{"a":']) {
    expect(bybit.hear(message)).toMatchObject({ request: -1, confirmed: [], refused: [], split: [] });
  }
});

test('whatever comes, each topic is told of once at most, and only of the request that is named', () => {
  const presets = PRESETS.filter(({ name }) => name !== 'none');
  const message = fc.record(
    {
      success: fc.boolean(),
      op: fc.constant('subscribe'),
      method: fc.constant('subscribe'),
      event: fc.constantFrom('subscribe', 'subscribed', 'error'),
      req_id: fc.constantFrom('1', '2', '', 7),
      id: fc.constantFrom(1, 2, '', 7),
      status: fc.constantFrom('ok', 'error'),
      subbed: fc.string(),
      result: fc.oneof(fc.constant(null), fc.array(fc.string()), fc.object()),
      type: fc.constantFrom('COMMAND_RESP', 'error', 'subscriptions'),
      data: fc.oneof(fc.object(), fc.string()),
      error: fc.oneof(fc.string(), fc.object()),
      msg: fc.string(),
      arg: fc.object(),
      channel: fc.constantFrom('subscriptions', 'error'),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(
      fc.constantFrom(...presets),
      fc.array(message, { maxLength: 5 }),
      ({ name, example }, messages) => {
        const topics = [example, example.replace(/\w+$/, 'OTHER')];
        const connection = meets(name, topics, [example]);
        for (const message of messages) {
          const { pending } = connection;
          const { request, confirmed, refused, split } = connection.hear(message);
          const told = [...confirmed, ...refused, ...split];
          expect(new Set(told).size).toBe(told.length);
          for (const topic of told) expect(pending[request]?.topics).toContain(topic);
        }
      },
    ),
  );
});
