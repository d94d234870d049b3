// Promises about requests: a topic alone is asked for as ever, several in as few requests as the server allows, as
// recorded clients asked, and each topic exactly once.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Asked, type Request, requestsFor } from '../../src/capture/requests.js';
import type { Protocol } from '../../src/shared/protocol.js';
import { renderTemplates } from '../../src/shared/protocol-speech.js';
import { PRESETS, resolveProtocol } from '../../src/shared/protocols/index.js';
import { readTopic } from '../../src/shared/topic-form.js';
import { sentTexts, with_recordings } from '../testing/recorded.js';
import { RECORDED, requestsOf } from '../testing/recorded-topics.js';

const presetOf = (name: string) => resolveProtocol(name, 'ws://x');

function ask(
  protocol: Protocol,
  topics: readonly (string | Asked)[],
  what: 'subscribe' | 'unsubscribe' = 'subscribe',
): Request[] {
  let last = 0;
  const asked = topics.map((topic, number) => (typeof topic === 'string' ? { number, topic } : topic));
  return requestsFor(protocol, what, asked, { nextId: () => String(++last), now_ms: 5_500 });
}

const texts = (requests: readonly Request[]) => requests.map(({ text }) => text);

/** Without the ids, which differ from client to client. */
const plain = (text: string): object => {
  const { id: _, req_id: __, ...rest } = JSON.parse(text);
  return rest;
};

test.each(PRESETS)('$name: a topic alone is asked for by its templates, one after the other', (preset) => {
  const topic = preset.name === 'none' ? 'any' : preset.example;
  const names = { ...readTopic(preset.topic, topic), topic, time: '5' };
  const expected = preset.subscribe.flatMap((template, i) =>
    renderTemplates([template], { ...names, id: String(i + 1) }),
  );
  const requests = ask(preset, [topic]);
  expect(texts(requests)).toEqual(expected);
  expect(requests.map(({ id, topics }) => [id, topics])).toEqual(
    expected.map((_, i) => [String(i + 1), [0]]),
  );
});

describe.runIf(with_recordings)('recorded', () => {
  test.each(RECORDED.filter(({ file }) => !file.startsWith('binance')))(
    'the topics of each request of $file go into one like it',
    (recorded) => {
      const sent = sentTexts(recorded.file).filter((text) => recorded.asked(JSON.parse(text)).length > 0);
      for (const [i, topics] of requestsOf(recorded).entries()) {
        const requests = texts(ask(presetOf(recorded.preset), topics));
        expect(requests.map(plain)).toEqual([plain(sent[i] ?? '')]);
      }
      expect(sent.length).toBeGreaterThan(0);
    },
  );
});

test('one request holds topics_max topics and chars_max characters at most, and keeps their order', () => {
  const bybit = presetOf('bybit');
  const topics = Array.from({ length: 23 }, (_, i) => `publicTrade.${'X'.repeat(i)}${i}`);
  const requests = ask(bybit, topics);
  expect(requests.map((request) => request.topics.length)).toEqual([10, 10, 3]);
  expect(requests.flatMap((request) => request.topics)).toEqual(topics.map((_, i) => i));
  expect(requests.map(({ text }) => JSON.parse(text)).map(({ req_id }) => req_id)).toEqual(['1', '2', '3']);
  const short: Protocol = {
    ...bybit,
    batch: { list: 'args', topics_max: 10, chars_max: 150, answered: 'each' },
  };
  const many = texts(ask(short, topics));
  expect(many.flatMap((text) => JSON.parse(text).args)).toEqual(topics);
  expect(Math.max(...many.map((text) => text.length))).toBeLessThanOrEqual(150);
  expect(many.length).toBeLessThan(15);
});

test('a topic that is longer than a request may be is asked for alone', () => {
  const protocol: Protocol = {
    ...presetOf('bybit'),
    batch: { list: 'args', topics_max: 9, chars_max: 60, answered: 'each' },
  };
  const long = 'x'.repeat(80);
  expect(ask(protocol, ['a', long, 'b']).map(({ topics }) => topics)).toEqual([[0], [1], [2]]);
});

test.each([
  ['kraken', ['trade:A/B', 'book:A/B', 'trade:C/D', 'book:C/D'], 2],
  ['coinbase-exchange', ['ticker:A-B', 'level2:A-B', 'ticker:C-D'], 2],
  ['okx', ['trades:A-B', 'books:C-D'], 1],
  ['bitget', ['SPOT:trade:AB', 'USDT-FUTURES:books:CD'], 1],
  ['binance', ['a@trade', 'b@depth'], 1],
  ['htx', ['market.a.trade.detail', 'market.b.trade.detail'], 2],
  ['gate', ['spot.trades:A_B', 'spot.trades:C_D'], 2],
  ['hyperliquid', ['trades:A', 'trades:B'], 2],
  ['bitfinex', ['trades:tA', 'trades:tB'], 2],
  ['none', ['a', 'b'], 0],
] as const)('%s: topics share a request where only the list differs', (name, topics, count) => {
  const requests = ask(presetOf(name), topics);
  expect(requests).toHaveLength(count);
  if (count > 0) expect(requests.flatMap((request) => request.topics).toSorted()).toEqual([...topics.keys()]);
});

test("Kraken's requests of two channels, to the byte", () => {
  expect(texts(ask(presetOf('kraken'), ['trade:A/B', 'book:A/B', 'trade:C/D']))).toEqual([
    '{"method":"subscribe","params":{"channel":"trade","symbol":["A/B","C/D"]},"req_id":1}',
    '{"method":"subscribe","params":{"channel":"book","symbol":["A/B"]},"req_id":2}',
  ]);
  expect(texts(ask(presetOf('kraken'), ['trade:A/B', 'trade:C/D'], 'unsubscribe'))).toEqual([
    '{"method":"unsubscribe","params":{"channel":"trade","symbol":["A/B","C/D"]},"req_id":1}',
  ]);
});

test("a request that is the same for all topics is sent once: Coinbase's heartbeats", () => {
  const topics = Array.from({ length: 12 }, (_, i) => `market_trades:P${i}`);
  const requests = ask(presetOf('coinbase-advanced'), topics);
  expect(requests.map(({ topics }) => topics.length)).toEqual([10, 2, 12]);
  expect(requests.at(-1)?.text).toBe('{"type":"subscribe","channel":"heartbeats"}');
  expect(
    ask(presetOf('coinbase-advanced'), topics, 'unsubscribe').map(({ topics }) => topics.length),
  ).toEqual([10, 2]);
});

test('what the server bound to a topic takes it off; where it bound nothing there is nothing to be sent', () => {
  const topics = [
    { number: 4, topic: 'trades:tA', bound: '17' },
    { number: 5, topic: 'trades:tB', bound: null },
    { number: 6, topic: 'trades:tC', bound: '"x"' },
  ];
  expect(ask(presetOf('bitfinex'), topics, 'unsubscribe')).toEqual([
    { text: '{"event":"unsubscribe","chanId":17}', id: '1', topics: [4] },
    { text: '{"event":"unsubscribe","chanId":"x"}', id: '2', topics: [6] },
  ]);
});

test.each(PRESETS.filter(({ name }) => name !== 'bitfinex' && name !== 'none'))(
  '$name: unsubscribing speaks of the topic as subscribing does',
  (preset) => {
    const of = (what: 'subscribe' | 'unsubscribe') =>
      (ask(preset, [preset.example], what)[0]?.text ?? '').replace(/un(?=sub)|UN(?=SUB)/g, '');
    expect(of('unsubscribe')).toBe(of('subscribe'));
  },
);

test('whatever the topics, each is asked for once, and no request is too large', () => {
  const topic = fc
    .tuple(fc.constantFrom('trade', 'book'), fc.string({ minLength: 1, maxLength: 30 }))
    .map((t) => t.join(':'));
  const limits = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 120, max: 200 }));
  fc.assert(
    fc.property(fc.array(topic, { maxLength: 40 }), limits, (topics, [topics_max, chars_max]) => {
      const batch = { list: 'params.symbol', topics_max, chars_max, answered: 'each' } as const;
      const requests = ask({ ...presetOf('kraken'), batch }, topics);
      const found = requests.flatMap(({ text, topics: numbers }) => {
        const { channel, symbol } = JSON.parse(text).params;
        expect(numbers.length).toBeLessThanOrEqual(topics_max);
        if (numbers.length > 1) expect(text.length).toBeLessThanOrEqual(chars_max);
        return numbers.map((number, i) => [number, `${channel}:${symbol[i]}`]);
      });
      expect(found.toSorted(([a], [b]) => Number(a) - Number(b))).toEqual([...topics.entries()]);
    }),
  );
});
